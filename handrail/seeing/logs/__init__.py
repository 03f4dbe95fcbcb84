"""Lines of logs: what they are about, what must not stand in them, how they are written."""
