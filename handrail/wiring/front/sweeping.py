"""Sweeping what is kept for a while: answers, vouchers, tokens, links, messages and ended secrets of webhooks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from handrail.postgres.access.answers import PostgresAnswers
from handrail.postgres.access.vouchers import PostgresCustomerTokens, PostgresVouchers
from handrail.postgres.case.ratings import PostgresRatingLinks
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.outbox import PostgresOutbox

SWEEP_SECONDS = 600.0


async def sweep_forever(pool: Pool, answers_kept: timedelta, messages_kept: timedelta) -> None:
    """Forget what is old now and then, until cancelled."""
    while True:
        await PostgresAnswers(pool).sweep(answers_kept)
        await PostgresCaseStarts(pool).sweep()
        await PostgresVouchers(pool).sweep()
        await PostgresCustomerTokens(pool).sweep()
        await PostgresRatingLinks(pool).sweep()
        await PostgresOutbox(pool).sweep(messages_kept)
        await PostgresOutbox(pool).sweep_secrets()
        await asyncio.sleep(SWEEP_SECONDS)
