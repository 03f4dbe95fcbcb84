"""Ends outside the house in a drill: a receiver of webhooks, as a process of its own."""
