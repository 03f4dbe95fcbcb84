"""Encryption of what histories hold: master keys, the keys below them, and the keys that a process has in memory."""
