"""The outcomes of cases, out of the record's views; and the definitions that the views go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.domain.outcomes import (
    Dimension,
    IndicatorTally,
    OutcomeCounts,
    OutcomeDefinitions,
    Period,
    ReliabilityTally,
    Statistic,
)
from handrail.postgres.pool import Pool, reading, rows, writing
from handrail.postgres.queries import QUERIES


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

    async def count(
        self, wanted: OutcomeDefinitions, names: Sequence[str], period: Period, by: Dimension | None = None
    ) -> OutcomeCounts:
        """Count the named indicators over a period's cases, in groups where `by` says so."""
        sampled = [name for name in names if wanted.indicators[name].statistic is not Statistic.RATE]
        about = {**period.model_dump(), "names": list(names), "sampled": sampled, "by": by and by.value}
        async with reading(self._pool) as connection, rows(connection) as cursor:

            async def found(query: str) -> list[dict[str, Any]]:
                await cursor.execute(QUERIES[query], about, prepare=False)
                return await cursor.fetchall()

            # A long period of a busy business takes longer than anything that a case waits for may.
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            (counted,) = await found("count_outcome_cases")
            tallies = await found("tally_outcomes")
            bins = await found("tally_reliability") if "held_up" in names and by is None else []
        return OutcomeCounts(
            **counted,
            tallies=[IndicatorTally.model_validate(one) for one in tallies],
            reliability=[ReliabilityTally.model_validate(one) for one in bins],
        )
