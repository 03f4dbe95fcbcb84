"""Sweeping what the API keeps for a while: answers, vouchers, tokens, links."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from handrail.postgres.access.answers import PostgresAnswers
from handrail.postgres.access.vouchers import PostgresCustomerTokens, PostgresVouchers
from handrail.postgres.case.ratings import PostgresRatingLinks
from handrail.postgres.pool import Pool

SWEEP_SECONDS = 600.0


async def sweep_forever(pool: Pool, kept: timedelta) -> None:
    """Forget old answers, vouchers and tokens now and then, until cancelled."""
    while True:
        await PostgresAnswers(pool).sweep(kept)
        await PostgresVouchers(pool).sweep()
        await PostgresCustomerTokens(pool).sweep()
        await PostgresRatingLinks(pool).sweep()
        await asyncio.sleep(SWEEP_SECONDS)
