"""Seeing a process, wired: figures and spans around ports, and the readers of what stands in servers."""
