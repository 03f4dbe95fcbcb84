"""Queries over the ledger and the transcripts of one channel's cases."""

from __future__ import annotations

from typing import Any

from handrail.drills.queries import read
from handrail.postgres.pool import Pool

Row = dict[str, Any]


async def applied(pool: Pool, channel: str) -> list[Row]:
    """Effects that were applied: case_id, customer_id, effect_id, action, arguments, ruling, approval_status, permitted."""
    return await _all(pool, "effects_of_channel", channel)


async def standing(pool: Pool, channel: str) -> dict[tuple[str, str], int]:
    """Count the proposals in the ledger, by kind and status."""
    found = await _all(pool, "statuses_of_channel", channel)
    return {(row["kind"], row["status"]): row["count"] for row in found}


async def said(pool: Pool, channel: str) -> list[Row]:
    """Read what the agent said: case_id, customer_id, text."""
    return await _all(pool, "said_by_the_agent", channel)


async def _all(pool: Pool, query: str, channel: str) -> list[Row]:
    return await read(pool, query, channel=channel)
