"""The wrapped keys of histories, in PostgreSQL."""
