"""Servers of mail that take access tokens, and where those come from."""
