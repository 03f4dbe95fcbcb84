"""Drills: the real rules and nodes, tried on material made for it. Nothing real depends on a rehearsal."""
