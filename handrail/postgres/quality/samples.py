"""The samples of ended cases, as they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg.types.json import Jsonb

from handrail.domain.quality.days import QualityDay
from handrail.domain.quality.samples import DrawnCase, EndedCase
from handrail.postgres.pool import Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES


class PostgresSamples:
    """The port `QualitySamples`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ended(self, day: QualityDay, low_confidence: float) -> list[EndedCase]:
        """See `ports.quality.QualitySamples`."""
        about = {"since": day.since, "until": day.until, "low_confidence": low_confidence}
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["take_time_for_quality"], prepare=False)
            await cursor.execute(QUERIES["quality_frame"], about, prepare=False)
            return [EndedCase.model_validate(row) for row in await cursor.fetchall()]

    async def keep(self, day: date, sample: Sequence[DrawnCase]) -> None:
        """See `ports.quality.QualitySamples`."""
        body = Jsonb([case.model_dump(mode="json") for case in sample])
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_quality_sample"], {"day": day, "sample": body}, prepare=False)

    async def drawn(self, day: date) -> list[DrawnCase]:
        """See `ports.quality.QualitySamples`."""
        return [DrawnCase.model_validate(row) for row in await alone(self._pool, "quality_sample", day=day)]

    async def scored(self, day: date) -> set[str]:
        """Return the cases of the day that have at least one score."""
        return {row["case_id"] for row in await alone(self._pool, "quality_scored_cases", day=day)}
