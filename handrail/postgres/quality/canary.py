"""Answers to canary prompts in PostgreSQL, the baselines that people accepted, and each day's comparison."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.quality.judge.canary import CanaryBaseline, CanaryResult, KeptAnswer
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES


class PostgresCanary:
    """The port `CanaryRecord`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answers(self, served: str, canary: str, since: date, until: date) -> list[KeptAnswer]:
        """Read the answers of these days, both included."""
        about: dict[str, Any] = {"served": served, "canary": canary, "since": since, "until": until}
        return [KeptAnswer.model_validate(row) for row in await alone(self._pool, "canary_answers", **about)]

    async def keep(self, answer: KeptAnswer) -> None:
        """Keep an answer; one that stands stays."""
        values = {**answer.model_dump(), "usage": Jsonb(answer.usage.model_dump(mode="json"))}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_canary_answer"], values)

    async def answered(self, served: str, canary: str, limit: int) -> Mapping[date, int]:
        """Read how many answers the latest days have, the newest first."""
        found = await alone(self._pool, "canary_days_answered", served=served, canary=canary, limit=limit)
        return {row["day"]: int(row["answers"]) for row in found}

    async def baseline(self, served: str, canary: str) -> CanaryBaseline | None:
        """Read the newest baseline; None where nobody has accepted one."""
        found = await alone(self._pool, "canary_baseline", served=served, canary=canary)
        return CanaryBaseline.model_validate(found[0]) if found else None

    async def accept(self, wanted: CanaryBaseline) -> CanaryBaseline:
        """Keep a baseline, which counts from now on; its id is given by the database."""
        values: dict[str, Any] = wanted.model_dump(exclude={"baseline_id"})
        (row,) = await alone(self._pool, "put_canary_baseline", **values)
        return CanaryBaseline.model_validate(row)

    async def result(self, day: date, served: str, canary: str) -> CanaryResult | None:
        """Read a day's comparison; None where it was not made."""
        found = await alone(self._pool, "canary_result", day=day, served=served, canary=canary)
        return CanaryResult.model_validate(found[0]["body"]) if found else None

    async def conclude(self, found: CanaryResult) -> None:
        """Keep a day's comparison; one that stands stays."""
        values = {
            **found.model_dump(include={"day", "served", "canary", "baseline_id", "hit", "at"}),
            "body": Jsonb(found.model_dump(mode="json")),
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_canary_result"], values)

    async def results(self, served: str, limit: int) -> list[CanaryResult]:
        """Read the latest comparisons, the newest first."""
        found = await alone(self._pool, "canary_results", served=served, limit=limit)
        return [CanaryResult.model_validate(row["body"]) for row in found]
