"""The scores of drawn cases, as they are recorded, and the bulk reads behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.quality.days import QualityDay
from handrail.domain.quality.scores import CaseScore, ScoredCase, ScoredRecord, ScoreVerdict, normalised
from handrail.postgres.pool import Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES


class PostgresScores:
    """The port `QualityScores`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._same: dict[date, dict[str, int]] = {}

    async def unscored(self, day: date, scorers: Sequence[str]) -> list[str]:
        """See `ports.quality.QualityScores`."""
        found = await alone(self._pool, "quality_unscored", prepare=False, day=day, scorers=list(scorers))
        return [row["case_id"] for row in found]

    async def records(self, day: QualityDay, case_ids: Sequence[str]) -> list[ScoredRecord]:
        """See `ports.quality.QualityScores`."""
        same = await self._same_replies(day)
        found = await self._all("quality_records", until=day.until, case_ids=list(case_ids))
        return [_record(row, same) for row in found]

    async def keep(self, day: date, scores: Sequence[CaseScore]) -> None:
        """See `ports.quality.QualityScores`."""
        body = Jsonb([score.model_dump(mode="json") for score in scores])
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_quality_scores"], {"day": day, "scores": body}, prepare=False)

    async def verdicts(self, day: date) -> list[tuple[str, ScoreVerdict, int]]:
        """See `ports.quality.QualityScores`."""
        found = await alone(self._pool, "quality_verdicts", day=day)
        return [(row["scorer"], ScoreVerdict(row["verdict"]), row["cases"]) for row in found]

    async def between(self, since: date, until: date) -> list[ScoredCase]:
        """Return every score of these days, the last one included."""
        return [ScoredCase.model_validate(row) for row in await self._all("quality_scored_between", since=since, until=until)]

    async def days_between(self, since: date, until: date) -> list[dict[str, Any]]:
        """Return what was ended, drawn and left unscored on each sampled day."""
        return await self._all("quality_days_between", since=since, until=until)

    async def _same_replies(self, day: QualityDay) -> dict[str, int]:
        """Return the customers of each reply that several were sent; read once for the day that is scored."""
        if day.day not in self._same:
            found = await self._all("quality_same_replies", since=day.since, until=day.until)
            self._same = {day.day: {normalised(row["text"]): row["customers"] for row in found}}
        return self._same[day.day]

    async def _all(self, query: str, **about: Any) -> list[dict[str, Any]]:
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["take_time_for_quality"], prepare=False)
            await cursor.execute(QUERIES[query], about, prepare=False)
            return await cursor.fetchall()


def _record(row: dict[str, Any], same: dict[str, int]) -> ScoredRecord:
    texts = {normalised(message["text"]) for message in row["messages"] if message["author"] == "assistant"}
    return ScoredRecord.model_validate({**row, "same_reply": {text: same[text] for text in texts if text in same}})
