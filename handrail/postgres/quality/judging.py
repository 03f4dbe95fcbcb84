"""The record of a judge in PostgreSQL: its runs, the anchors, the calibrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.case.messages import Message
from handrail.domain.quality.judge.calibration import CalibrationRecord, GateOpening, Spent
from handrail.domain.quality.judge.judging import JudgedSample, JudgeRun, Purpose
from handrail.domain.quality.judge.labels import SampledCase
from handrail.domain.quality.judge.material import Material, material
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES


class PostgresJudging:
    """The port `JudgeRecord`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sampled(self, day: date) -> list[SampledCase]:
        """Read the cases of a day's sample, in an order that has nothing to do with them."""
        return [SampledCase.model_validate(row) for row in await alone(self._pool, "sampled_cases", day=day)]

    async def material(self, case_id: str) -> Material | None:
        """Read a case as it is judged; None where the record has none of this id."""
        found = await alone(self._pool, "judged_material", case_id=case_id)
        if not found:
            return None
        (row,) = found
        messages = [Message.model_validate(one) for one in row["messages"]]
        return material(row["case_id"], row["topic"], row["language"], messages, row["effects"])

    async def keep(self, run: JudgeRun) -> None:
        """Keep a run; the same one again changes nothing."""
        values = {**run.model_dump(), "usage": Jsonb(run.usage.model_dump(mode="json"))}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_judgement"], values)

    async def runs(self, day: date, purpose: Purpose, judges: Sequence[str]) -> list[JudgeRun]:
        """Read the runs of a day that are kept, of these judges."""
        found = await alone(self._pool, "judgements_of_day", day=day, purpose=purpose.value, judges=list(judges))
        return [JudgeRun.model_validate(row) for row in found]

    async def spent(self, day: date) -> Spent:
        """Read what the judging of a day has cost so far."""
        (row,) = await alone(self._pool, "judging_spent", day=day)
        return Spent.model_validate(row)

    async def answers_as(self, judges: Sequence[str]) -> dict[str, str]:
        """Read the name under which each of these judges answered last, by the judge."""
        found = await alone(self._pool, "judge_answers_as", judges=list(judges))
        return {str(row["judge"]): str(row["model"]) for row in found}

    async def samples(self, judges: Mapping[str, str], since: date, until: date) -> list[JudgedSample]:
        """Read what was judged of the samples of these days, both included; `judges` by criterion."""
        about: dict[str, Any] = {"criteria": list(judges), "judges": list(judges.values()), "since": since, "until": until}
        return [JudgedSample.model_validate(row) for row in await alone(self._pool, "judged_sample", **about)]

    async def anchors(self, criterion: str, judge: str, day: date, wanted: int) -> list[str]:
        """Read the transcripts that are judged again every day, made up to `wanted` where old judged ones are there."""
        held = await self._anchors(criterion)
        if len(held) < wanted:
            about = {"criterion": criterion, "judge": judge, "day": day, "wanted": wanted - len(held)}
            async with writing(self._pool) as connection:
                await connection.execute(QUERIES["add_anchors"], about)
            held = await self._anchors(criterion)
        return held

    async def _anchors(self, criterion: str) -> list[str]:
        return [str(row["case_id"]) for row in await alone(self._pool, "anchors_of", criteria=[criterion])]

    async def anchor_runs(self, judge: str, since: datetime) -> list[JudgeRun]:
        """Read a judge's runs over the anchors since then, the oldest day first."""
        found = await alone(self._pool, "anchor_runs", judges=[judge], since=since)
        return [JudgeRun.model_validate(row) for row in found]

    async def calibrated(self, found: CalibrationRecord) -> None:
        """Keep a calibration, or that a gate was closed."""
        values: dict[str, Any] = {
            **found.model_dump(include={"criterion", "judge", "opened", "at"}),
            "body": Jsonb(found.model_dump(mode="json")),
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_calibration"], values)

    async def calibrations(self, criteria: Sequence[str]) -> dict[str, CalibrationRecord]:
        """Read the newest calibration or closing of each criterion that has one."""
        found = await alone(self._pool, "newest_calibrations", criteria=list(criteria))
        return {str(row["criterion"]): CalibrationRecord.model_validate(row["body"]) for row in found}

    async def openings(self, criteria: Sequence[str]) -> dict[str, GateOpening]:
        """Read what opened the gate of each criterion last; none of a criterion whose gate was never open."""
        found = await alone(self._pool, "gate_openings", criteria=list(criteria))
        return {str(row["criterion"]): GateOpening.model_validate(row) for row in found}
