"""Spans: their names and attributes, what may leave the house in them, and how they are made."""
