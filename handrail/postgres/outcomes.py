"""The outcomes of cases, out of the rows that are kept of them; and the definitions that they are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.domain.outcomes import (
    Dimension,
    IndicatorTally,
    OutcomeCounts,
    OutcomeDefinitions,
    OutcomeMoments,
    Period,
    ReliabilityTally,
    Statistic,
)
from handrail.postgres.maturity import PLACES, maturity
from handrail.postgres.pool import Cursor, Pool, reading, rows, writing
from handrail.postgres.queries import QUERIES

AT_ONCE = 2_000
"""Changes that are worked off in one transaction: a second or two."""
DRAWN = 5_000
"""Customers of whom every value is read; of more, a median is that of as many, drawn by hash, and a mean that of all."""


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
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            cursor = await connection.execute(QUERIES["refresh_outcomes"], {"most": most}, prepare=False)
            found = await cursor.fetchone()
        return int(found[0]) if found else 0

    async def settle(self) -> None:
        """Bring the kept outcomes up to date with everything that has changed until now."""
        while await self.refresh() == AT_ONCE:
            pass

    async def count(
        self, wanted: OutcomeDefinitions, names: Sequence[str], period: Period, by: Dimension | None = None
    ) -> OutcomeCounts:
        """Count the named indicators over a period's cases, in groups where `by` says so."""
        await self.settle()
        hours = {name: wanted.indicators[name].matures_after_hours for name in names}
        about = {**period.model_dump(), "by": by and by.value, **maturity(hours, period.as_of)}
        async with reading(self._pool) as connection, rows(connection) as cursor:
            # A long period of a busy business takes longer than anything that a case waits for may.
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            (counted,) = await _found(cursor, "count_outcome_cases", about)
            tallies = await self._tallies(cursor, wanted, names, about)
            bins = await _found(cursor, "tally_reliability", about) if "held_up" in names and by is None else []
        return OutcomeCounts(**counted, tallies=tallies, reliability=[ReliabilityTally.model_validate(one) for one in bins])

    async def _tallies(
        self, cursor: Cursor, wanted: OutcomeDefinitions, names: Sequence[str], about: dict[str, Any]
    ) -> list[IndicatorTally]:
        counted = await _found(cursor, "tally_outcomes", about)
        customers = {one["group"]: one for one in await _found(cursor, "tally_customers", about)}
        valued = {name for name in names if wanted.indicators[name].statistic is not Statistic.RATE}
        tallies = {(one["indicator"], one["group"]): _tally(one, customers[one["group"]], valued) for one in counted}
        drawn = [
            (key, min(1.0, DRAWN / max(one.customers, 1)))
            for key, one in tallies.items()
            if key[0] in valued and (one.customers <= DRAWN or wanted.indicators[key[0]].statistic is Statistic.MEDIAN)
        ]
        if drawn:
            asked = {
                "indicators": [name for (name, _), _ in drawn],
                "bits": [1 << PLACES[name] for (name, _), _ in drawn],
                "groups": [group for (_, group), _ in drawn],
                "shares": [share if share < 1 else 2.0 for _, share in drawn],
            }
            for one in await _found(cursor, "sample_outcomes", {**about, **asked}):
                key = (one["indicator"], one["group"])
                tallies[key] = tallies[key].model_copy(update={"values": one["values"], "owners": one["owners"]})
        return list(tallies.values())


def _tally(counted: dict[str, Any], customers: dict[str, Any], valued: set[str]) -> IndicatorTally:
    name = counted["indicator"]
    moments = None
    if name in valued:
        total, squares, products, sizes = (float(one or 0) for one in customers[name])
        moments = OutcomeMoments(total=total, squares=squares, products=products, sizes=sizes)
    return IndicatorTally(
        **counted,
        customers=customers["customers"][PLACES[name]],
        moments=moments,
    )


async def _found(cursor: Cursor, query: str, about: dict[str, Any]) -> list[dict[str, Any]]:
    await cursor.execute(QUERIES[query], about, prepare=False)
    return await cursor.fetchall()
