"""Deployments: which version of the code and definitions this process is, and whether it may take over the open cases."""
