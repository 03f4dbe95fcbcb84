"""Sweeping in PostgreSQL: what is old goes in bounded statements, a bounded number at a time, so that nobody waits for it."""

from __future__ import annotations

from datetime import timedelta

from handrail.postgres.pool import Pool, alone

SWEEPS = 20
"""Statements of one sweep."""


async def sweep(pool: Pool, query: str, older: timedelta, most: int) -> int:
    """Run a named query that lets at most so many rows go, until it finds fewer; return how many went."""
    swept = 0
    for _ in range(SWEEPS):
        found = len(await alone(pool, query, older=older, most=most))
        swept += found
        if found < most:
            break
    return swept
