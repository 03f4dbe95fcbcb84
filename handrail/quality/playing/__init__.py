"""Turns that are played and are not real: what an evaluation and a shadow have in common."""
