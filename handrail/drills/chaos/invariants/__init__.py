"""Invariants: each is a function from the evidence of a drill to counter-examples."""
