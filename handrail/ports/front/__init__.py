"""Ports of the front door: the HTTP API, the desk, channels, agents, events and webhooks."""
