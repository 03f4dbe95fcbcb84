"""The workers' common knowledge of the model: its latest calls, its pauses, its names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from handrail.domain.base import Stored
from handrail.domain.llm.health import CallOutcome, CallTally
from handrail.domain.llm.names import AcceptedName, Notice, Noticed
from handrail.postgres.autonomy.controls import ADVISORY_LOCK
from handrail.postgres.pool import Connection, Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES

NAMES_LOCK = ADVISORY_LOCK + 2


class ServerPause(Stored):
    """A pause: the time until which a model's server asks to be left alone."""

    served: str
    until: datetime

    @property
    def words(self) -> str:
        """The pause in words for people."""
        return (
            f"cases wait for {self.served} until {self.until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: its server asks for it."
        )


class Ended(Stored):
    """A pause that a person ended before its time, and why; `until` is what it had been."""

    served: str
    until: datetime
    words: str
    actor: str
    at: datetime


class PostgresModels:
    """The port `ModelRecord`, and what the command line shows of it.

    Any method raises `psycopg.OperationalError` while the server is away; try it again.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, served: str, heard: Sequence[CallOutcome], window: timedelta) -> CallTally:
        """Put down how cases' latest calls went; gives how those of all workers went within the window."""
        columns = {
            "case_ids": [one.case_id for one in heard],
            "ages": [one.age for one in heard],
            "failed": [one.failed for one in heard],
            "slow": [one.slow for one in heard],
            "names": [one.name for one in heard],
        }
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["note_calls"], {"served": served, **columns})
            await cursor.execute(QUERIES["drop_old_calls"], {"served": served, "window": window})
            await cursor.execute(QUERIES["tally_calls"], {"served": served, "window": window})
            return CallTally.model_validate(await cursor.fetchone())

    async def latest(self, served: str, limit: int) -> list[str]:
        """The names under which the latest cases were answered, a name for each case, the newest first."""
        found = await alone(self._pool, "latest_names", served=served, limit=limit)
        return [str(row["name"]) for row in found]

    async def pause(self, served: str, seconds: float) -> None:
        """Leave the model alone for so long, unless it is to be for longer already."""
        async with writing(self._pool) as connection:
            lasting = timedelta(seconds=seconds)
            await connection.execute(QUERIES["pause_model"], {"served": served, "lasting": lasting})

    async def paused(self, served: str) -> float:
        """Seconds for which the model is still to be left alone."""
        found = await alone(self._pool, "paused_seconds", served=served)
        return float(found[0]["seconds"]) if found else 0.0

    async def known(self, served: str) -> list[AcceptedName]:
        """The names that count, the first seen first."""
        async with reading(self._pool) as connection:
            return await _known(connection, served)

    async def learn(self, served: str, judge: Callable[[list[AcceptedName]], Notice | None]) -> Notice | None:
        """Put down what `judge` makes of the names that count; one process judges at a time.

        Gives what was put down; None where nothing is new, also where the same was noticed within a day.
        """
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["hold_names"], {"key": NAMES_LOCK})
            notice = judge(await _known(connection, served))
            if notice is None or (not notice.accepted and await _lately(connection, served, notice.name)):
                return None
            await _put(connection, served, notice)
        return notice

    async def accept(self, served: str, notice: Notice) -> Noticed:
        """Put down a person's word."""
        async with writing(self._pool) as connection:
            return await _put(connection, served, notice)

    async def notices(self, limit: int) -> list[Noticed]:
        """Read all notices, the newest first."""
        return [Noticed.model_validate(row) for row in await alone(self._pool, "notices", limit=limit)]

    async def open_names(self) -> list[Noticed]:
        """Names that were noticed and that nobody has accepted."""
        return [Noticed.model_validate(row) for row in await alone(self._pool, "open_names")]

    async def pauses(self) -> list[ServerPause]:
        """The models that are left alone now."""
        return [ServerPause.model_validate(row) for row in await alone(self._pool, "pauses")]

    async def end_pauses(self, words: str, actor: str) -> list[Ended]:
        """Ask every model again; gives the pauses that this ended, each with its entry."""
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["end_pauses"], {"words": words, "actor": actor})
            return [Ended.model_validate(row) for row in await cursor.fetchall()]

    async def ended_pauses(self, limit: int) -> list[Ended]:
        """The pauses that people ended, the newest first."""
        return [Ended.model_validate(row) for row in await alone(self._pool, "ended_pauses", limit=limit)]


async def _known(connection: Connection, served: str) -> list[AcceptedName]:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["known_names"], {"served": served})
        return [AcceptedName.model_validate(row) for row in await cursor.fetchall()]


async def _lately(connection: Connection, served: str, name: str) -> bool:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["noticed_lately"], {"served": served, "name": name})
        return await cursor.fetchone() is not None


async def _put(connection: Connection, served: str, notice: Notice) -> Noticed:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["put_notice"], {"served": served, **notice.model_dump(mode="json")})
        return Noticed.model_validate(await cursor.fetchone())
