"""Releases: all that decides what the agent answers, as one hash, and whether it may answer alone."""
