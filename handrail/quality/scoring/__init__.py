"""Scorers of answered cases, by code alone: each says good, bad or unmeasured of a case, with evidence."""
