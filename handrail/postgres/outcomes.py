"""The outcomes of cases, out of what is kept of them; and the definitions that they are counted by."""

from __future__ import annotations

from datetime import UTC, timedelta

from psycopg.rows import DictRow, dict_row

from handrail.domain.outcomes import Dimension, OutcomeDefinitions, PackedOutcomes, Period
from handrail.postgres.pool import Pool, reading, writing
from handrail.postgres.queries import QUERIES

AT_ONCE = 2_000
"""Changes that are worked off in one transaction: a second or two."""
DAYS_AT_ONCE = 14
"""Days that are packed in one transaction: a second where each has 10,000 cases."""
RESTING_DAYS = 8
"""A day is packed when so many have passed: what comes within a week may still change any of its cases."""
NOT_PACKED = ("runs", "groups")


class PostgresOutcomes:
    """The outcomes of cases. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def define(self, wanted: OutcomeDefinitions, version: str) -> None:
        """Put the definitions in force; the same ones again change nothing."""
        names = sorted(wanted.indicators)
        chosen = [wanted.indicators[name] for name in names]
        async with writing(self._pool) as connection:
            await connection.execute(
                QUERIES["put_outcome_settings"],
                {"version": version, "channels": sorted(wanted.excluded_channels), "share": wanted.survey_share},
            )
            await connection.execute(
                QUERIES["put_outcome_definitions"],
                {
                    "names": names,
                    "versions": [one.version for one in chosen],
                    "hours": [one.matures_after_hours for one in chosen],
                },
            )

    async def refresh(self, most: int = AT_ONCE) -> int:
        """Bring the kept outcomes up to date with at most so many changes, and return how many there were.

        Safe beside others that do the same: they take turns.
        """
        return await self._work_off("refresh_outcomes", most=most)

    async def pack(self, most: int = DAYS_AT_ONCE) -> int:
        """Pack at most so many days that have no pack and are old enough, and return how many there were."""
        return await self._work_off("pack_outcomes", most=most, days=RESTING_DAYS)

    async def settle(self) -> None:
        """Bring what is kept up to date with everything that has changed until now."""
        while await self.refresh() == AT_ONCE:
            pass
        while await self.pack() == DAYS_AT_ONCE:
            pass

    async def read(self, period: Period, by: Dimension | None = None) -> PackedOutcomes:
        """Return the outcomes of a period's days in UTC by column, up to date; of its first and last day all cases."""
        await self.settle()
        about = {
            "first": period.since.astimezone(UTC).date(),
            "last": (period.until.astimezone(UTC) - timedelta(microseconds=1)).date(),
            "by": by and by.value,
        }
        async with reading(self._pool) as connection, connection.cursor(row_factory=dict_row, binary=True) as cursor:
            # A long period of a busy business takes longer than anything that a case waits for may.
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await cursor.execute(QUERIES["read_packs"], about, prepare=False)
            names = [column.name for column in cursor.description or () if column.name not in NOT_PACKED]
            found = await cursor.fetchall()
        return PackedOutcomes(
            columns={name: b"".join([day[name] for day in found]) for name in names},
            groups=[run for day in found for run in _runs(day)],
        )

    async def _work_off(self, query: str, **about: int) -> int:
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            cursor = await connection.execute(QUERIES[query], about, prepare=False)
            found = await cursor.fetchone()
        return int(found[0]) if found else 0


def _runs(day: DictRow) -> list[tuple[str | None, int]]:
    if day["groups"] is None:
        return [(None, sum(day["runs"]))]
    return list(zip(day["groups"], day["runs"], strict=True))
