"""Chaos: cases under faults by seed, and a checker of what must hold whatever died."""
