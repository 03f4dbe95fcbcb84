"""Webhooks: addresses that may be reached, sealed secrets, signed sending."""
