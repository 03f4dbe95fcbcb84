"""The governor, and the gates of the judge that it heeds, wired for a day's steps and for the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from handrail.business import Business
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.days import QualityDay
from handrail.domain.quality.judge.judged import JudgePlan
from handrail.ports import Clock, Dial, Topics
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.postgres.quality.judging import PostgresJudging
from handrail.quality.governor.govern import Governor
from handrail.quality.governor.loader import load_governor
from handrail.quality.judging.gates import UNSET, JudgeGates, JudgeInForce
from handrail.quality.judging.loader import load_rubric
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.watching.terms import FileTerms
from handrail.settings import Settings

NOBODY = "no judge"
DAY = timedelta(days=1)


def governor_over(folder: Path, pool: Pool, business: Business, topics: Topics, dial: Dial, clock: Clock) -> Governor:
    """Return the governor, whose rules are read anew each day."""
    record = PostgresGovernor(pool, PostgresControls(pool, business))
    return Governor(record, PostgresAlarms(pool), topics, dial, lambda: load_governor(folder).value, clock)


def judge_gates(settings: Settings, folder: Path, pool: Pool, topics: Topics, clock: Clock) -> JudgeGates:
    """Return the gates of the judge that the settings name, or of none."""
    record, alarms = PostgresJudging(pool), PostgresAlarms(pool)
    return JudgeGates(record, alarms, topics, lambda: judge_in_force(settings, folder), changes_over(folder, pool), clock)


def judge_in_force(settings: Settings, folder: Path) -> JudgeInForce:
    """Return the judge that the settings name; where they name none, or one that is refused, why there is none."""
    from handrail.llm.judging import PROMPT
    from handrail.wiring.clients import judge_served

    rubric, off, served = load_rubric(folder).value, UNSET, NOBODY
    if settings.judge_model is not None:
        try:
            served, off = judge_served(settings), ""
        except InvalidInput as refused:
            off = str(refused)
    return JudgeInForce(JudgePlan.of(rubric, served, PROMPT), off or None)


def file_terms(folder: Path, topics: Topics, dial: Dial, gates: JudgeGates) -> FileTerms:
    """Return the terms of watching; `dial` knows the topics' files and review gates, and no controls."""

    def zone() -> ZoneInfo:
        return ZoneInfo(load_outcomes(folder).value.zone)

    return FileTerms(folder, topics, dial, lambda: load_rubric(folder).value.criteria, lambda: gates.judged(zone))


def changes_over(folder: Path, pool: Pool) -> Callable[[date, date], Awaitable[list[str]]]:
    """Return what says in words what changed on the day before `since` and up to `until`, in the business's zone."""

    async def changes(since: date, until: date) -> list[str]:
        zone = ZoneInfo(load_outcomes(folder).value.zone)
        first, behind = since - DAY, until + DAY
        begins, ends = (datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (first, behind))
        return await PostgresDrift(pool).changes(first, behind, begins, ends)

    return changes


def unjudged(gates: JudgeGates, pool: Pool) -> Callable[[QualityDay], Awaitable[object]]:
    """Return the look at the gates for a day whose eve nobody judged: its own step `judge` may never come to it."""

    async def look(day: QualityDay) -> None:
        eve = await PostgresDays(pool).state(day.day - DAY, "judge")
        if eve is None or eve.done_at is None:
            await gates.look(day.day)

    return look
