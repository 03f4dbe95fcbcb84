"""Sweeping what is kept for a while: answers, vouchers, tokens, links, webhooks' messages and old secrets, mail's sources."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from handrail.background import Say, silent
from handrail.keeping import KeepingSettings
from handrail.postgres.access.answers import PostgresAnswers
from handrail.postgres.access.vouchers import PostgresCustomerTokens, PostgresVouchers
from handrail.postgres.case.ratings import PostgresRatingLinks
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.channels.mail import PostgresMail
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.outbox import PostgresOutbox

SWEEP_SECONDS = 600.0


async def sweep_forever(pool: Pool, answers_kept: timedelta, kept: KeepingSettings, say: Say = silent) -> None:
    """Forget what is old now and then, until cancelled, and `say` that it went well."""
    while True:
        await PostgresAnswers(pool).sweep(answers_kept)
        await PostgresCaseStarts(pool).sweep()
        await PostgresVouchers(pool).sweep()
        await PostgresCustomerTokens(pool).sweep()
        await PostgresRatingLinks(pool).sweep()
        await PostgresOutbox(pool).sweep(timedelta(days=kept.webhook_days))
        await PostgresOutbox(pool).sweep_secrets()
        await PostgresMail(pool).sweep(timedelta(days=kept.mail_source_days))
        say(None)
        await asyncio.sleep(SWEEP_SECONDS)
