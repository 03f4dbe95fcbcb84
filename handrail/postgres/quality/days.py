"""The business's days and their steps, as they are recorded."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.quality.days import QualityDay, StepResult, StepState
from handrail.postgres.pool import Pool, alone, held, writing
from handrail.postgres.queries import QUERIES


class PostgresDays:
    """The port `QualityDays`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def first_case(self) -> datetime | None:
        """See `ports.quality.QualityDays`."""
        (row,) = await alone(self._pool, "first_case_opened")
        found: datetime | None = row["at"]
        return found

    async def states(self, since: date) -> list[StepState]:
        """See `ports.quality.QualityDays`."""
        return [_state(row) for row in await alone(self._pool, "quality_steps_since", since=since)]

    async def state(self, day: date, step: str) -> StepState | None:
        """See `ports.quality.QualityDays`."""
        found = await alone(self._pool, "quality_step", day=day, step=step)
        return _state(found[0]) if found else None

    def alone(self, day: date, step: str) -> AbstractAsyncContextManager[bool]:
        """See `ports.quality.QualityDays`."""
        return held(self._pool, "hold_quality_step", "release_quality_step", day=day.isoformat(), step=step)

    async def finish(self, day: QualityDay, step: str, at: datetime, result: StepResult) -> None:
        """See `ports.quality.QualityDays`."""
        about = {**day.model_dump(), "step": step, "at": at, "result": Jsonb(result.model_dump(mode="json"))}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["finish_quality_step"], about)

    async def fail(self, day: QualityDay, step: str, at: datetime, words: str) -> None:
        """See `ports.quality.QualityDays`."""
        async with writing(self._pool) as connection:
            await connection.execute(
                QUERIES["fail_quality_step"], {**day.model_dump(), "step": step, "at": at, "words": words.replace("\0", " ")}
            )


def _state(row: dict[str, Any]) -> StepState:
    limits = QualityDay(day=row["day"], since=row["since"], until=row["until"])
    return StepState.model_validate({**row, "day": limits})
