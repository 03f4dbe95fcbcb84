"""Evaluations and releases in PostgreSQL; both are only added to."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.evaluation.evaluations import EvaluationReport
from handrail.domain.quality.evaluation.releases import ReleasePass
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES


class PostgresEvaluations:
    """The reports of evaluations. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, report: EvaluationReport) -> None:
        """Keep a report under the release that it evaluated."""
        about = {
            **report.model_dump(include={"evaluation_id", "held_out", "passed", "asked_by", "began_at", "ended_at"}),
            "release": report.candidate.release,
            "parts": Jsonb(report.candidate.parts.model_dump(mode="json")),
            "baseline": report.baseline.release if report.baseline else None,
            "report": Jsonb(report.model_dump(mode="json")),
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["put_evaluation"], about)

    async def newest(self, limit: int, release: str | None = None) -> list[EvaluationReport]:
        """Read the reports, of one release or of all, the newest first."""
        found = await alone(self._pool, "list_evaluations", prepare=False, release=release, limit=limit)
        return [EvaluationReport.model_validate(row["report"]) for row in found]

    async def show(self, evaluation_id: str) -> EvaluationReport:
        """Read one. Raises: InvalidInput: there is none of this id."""
        found = await alone(self._pool, "show_evaluation", evaluation_id=evaluation_id)
        if not found:
            raise InvalidInput(f"{evaluation_id[:60]!r} is no evaluation. List them with `handrail eval list`.")
        return EvaluationReport.model_validate(found[0]["report"])


class PostgresReleases:
    """The releases that were let through. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def let_through(self, report: EvaluationReport, by: str, words: str) -> None:
        """Let the evaluated release through."""
        about = {
            "release": report.candidate.release,
            "parts": Jsonb(report.candidate.parts.model_dump(mode="json")),
            "evaluation_id": report.evaluation_id,
            "passed_by": by,
            "words": words,
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["put_release"], about)

    async def newest(self, limit: int, release: str | None = None) -> list[ReleasePass]:
        """Read the passes, of one release or of all, the newest first."""
        found = await alone(self._pool, "list_releases", prepare=False, release=release, limit=limit)
        return [ReleasePass.model_validate(row) for row in found]
