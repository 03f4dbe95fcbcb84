"""Channels in PostgreSQL: arrivals, departures, and what a channel keeps for itself."""
