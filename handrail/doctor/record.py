"""Looks at PostgreSQL: does it answer, is it ours and up to date, what in it soon ends or no longer goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from psycopg import OperationalError

from handrail.business import Business
from handrail.doctor.findings import DoctorFinding, fine, notice, trouble
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.postgres import owner
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.connections import TakesNoWrites, refuse_what_cannot_serve
from handrail.postgres.health import clock, lacking, takes_writes
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.settings import Settings

POSTGRES, MIGRATIONS, CLOCK, KEYS, WEBHOOKS = "PostgreSQL", "migrations", "clock", "API keys", "webhooks"
STARTS = "cases to begin"
SKEW = timedelta(seconds=2)
SOON, LATE = timedelta(days=14), timedelta(minutes=1)


async def look(settings: Settings, business: Business) -> list[DoctorFinding]:
    """Look at the database. Raises: psycopg.OperationalError: it stopped answering."""
    url = settings.database_url.get_secret_value()
    place = urlsplit(url).netloc.rpartition("@")[2]
    try:
        await refuse_what_cannot_serve(url)
    except OperationalError as error:
        words = f"No connection to {place}: {' '.join(str(error).split())}"
        return [trouble(POSTGRES, words, "Start it, or set HANDRAIL_DATABASE_URL.")]
    pool = await open_pool(url, size=1)
    try:
        return [await _writes(pool, place), *await _within(pool, business)]
    finally:
        await pool.close()


async def _writes(pool: Pool, place: str) -> DoctorFinding:
    try:
        await takes_writes(pool)
    except TakesNoWrites as error:
        return trouble(POSTGRES, f"{place}: {error}", "Cases go on by themselves once it does; or set HANDRAIL_DATABASE_URL.")
    return fine(POSTGRES, f"answers at {place}")


async def _within(pool: Pool, business: Business) -> list[DoctorFinding]:
    found = await _clock(pool)
    try:
        await owner.check(pool, business)
        missing = await lacking(pool, business)
    except InvalidInput as error:
        return [
            *found,
            trouble(MIGRATIONS, str(error), "Set HANDRAIL_BUSINESS or HANDRAIL_DATABASE_URL to what belongs together."),
        ]
    except DefinitionInvalid as error:
        return [*found, trouble(MIGRATIONS, str(error), "Run the version that goes with this database.")]
    if missing:
        words = f"The database lacks {len(missing)}: {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}."
        return [*found, trouble(MIGRATIONS, words, "handrail migrate")]
    return [*found, fine(MIGRATIONS, "all are applied"), *await _keys(pool), *await _webhooks(pool), *await _starts(pool)]


async def _clock(pool: Pool) -> list[DoctorFinding]:
    before = datetime.now(UTC)
    there = await clock(pool)
    after = datetime.now(UTC)
    off = max(before - there, there - after)
    if off > SKEW:
        words = f"PostgreSQL's clock and this machine's are {off.total_seconds():.0f} s apart."
        return [notice(CLOCK, words, "Let both follow a time server: keys, locks and periods are told by these clocks.")]
    return [fine(CLOCK, "PostgreSQL's clock and this machine's agree")]


async def _keys(pool: Pool) -> list[DoctorFinding]:
    now = datetime.now(UTC)
    ending = [
        f"{one.name} ({one.key_id}) on {one.expires_at:%Y-%m-%d}"
        for one in await PostgresApiKeys(pool).all()
        if one.lives(now) and one.expires_at and one.expires_at < now + SOON
    ]
    if ending:
        return [notice(KEYS, f"These end soon: {', '.join(ending)}.", "handrail keys rotate KEY-ID")]
    return [fine(KEYS, f"none ends within {SOON.days} days")]


async def _starts(pool: Pool) -> list[DoctorFinding]:
    waiting, seconds = await PostgresCaseStarts(pool).oldest()
    if seconds > LATE.total_seconds():
        words = f"{many(waiting, 'case')} were answered for and have not begun, the oldest for {seconds:.0f} s."
        return [trouble(STARTS, words, "Have Temporal answer, and the API or a worker run: they begin by themselves.")]
    return [fine(STARTS, "every case that was answered for begins in time")]


async def _webhooks(pool: Pool) -> list[DoctorFinding]:
    disabled = await PostgresWebhooks(pool).disabled()
    if disabled:
        return [notice(WEBHOOKS, f"These take nothing more: {'; '.join(disabled)}.", "handrail webhooks enable ENDPOINT-ID")]
    return [fine(WEBHOOKS, "every endpoint takes what it is sent")]
