"""Webhooks in PostgreSQL: endpoints, and messages on their way."""
