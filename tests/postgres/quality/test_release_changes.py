"""Releases on an alarm's page: which was in force when each day had ended, and which a person let through."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from handrail.clock import SystemClock
from handrail.domain.quality.days import QualityDay
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.watching.days import WatchTerms
from handrail.quality.watching.loader import load_drift
from handrail.quality.watching.watch import DriftWatch
from handrail.shop import business
from handrail.wiring.days.governing import changes_over
from tests.postgres.conftest import Run

FIRST = date(2026, 5, 4)
DAY = timedelta(days=1)
OLD = ReleaseParts(model="m-1", prompts="p", policies="q", topics="t", graph="g", router="r")
NEW = OLD.model_copy(update={"model": "m-2", "graph": "h"})


async def test_a_release_that_changed_is_told_also_when_it_is_an_old_one_again(pool: Pool) -> None:
    record, changes = PostgresDrift(pool), changes_over(business.folder, pool)
    for number, parts in enumerate((OLD, OLD, NEW, NEW, OLD)):
        await record.saw_release(FIRST + number * DAY, parts)
    await record.saw_release(FIRST, NEW)
    assert await changes(FIRST + DAY, FIRST + DAY) == []
    forth = f"release {NEW.release} in force on 2026-05-06, before {OLD.release}: model, graph changed"
    back = f"release {OLD.release} in force on 2026-05-08, before {NEW.release}: model, graph changed"
    assert await changes(FIRST + 2 * DAY, FIRST + 2 * DAY) == [forth]
    assert await changes(FIRST + 2 * DAY, FIRST + 9 * DAY) == [forth, back]


async def test_a_release_that_was_let_through_is_told(pool: Pool, run: Run) -> None:
    await run(
        "INSERT INTO handrail.evaluations"
        " (evaluation_id, release, parts, held_out, passed, asked_by, began_at, ended_at, report)"
        " VALUES ('e-1', 'abc', '{}', false, true, 'ann', now(), now(), '{}')"
    )
    await run(
        "INSERT INTO handrail.releases (release, parts, evaluation_id, passed_by, words, passed_at)"
        " VALUES ('abc', '{}', 'e-1', 'ann', '', '2026-05-06 09:30Z')"
    )
    (told,) = await changes_over(business.folder, pool)(FIRST + 2 * DAY, FIRST + 2 * DAY)
    assert told == "release abc let through by ann on e-1 at 2026-05-06 09:30 UTC"


async def test_the_watch_writes_down_the_release_of_a_day_that_has_just_ended(pool: Pool, run: Run) -> None:
    async def terms() -> WatchTerms:
        outcomes = load_outcomes(business.folder)
        return WatchTerms(load_drift(business.folder, outcomes.value), outcomes)

    async def in_force() -> ReleaseParts:
        return OLD

    watch = DriftWatch(PostgresDrift(pool), PostgresAlarms(pool), terms, SystemClock(), in_force)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ended = QualityDay(day=(midnight - DAY).date(), since=midnight - DAY, until=midnight)
    for day in (QualityDay(day=(midnight - 3 * DAY).date(), since=midnight - 3 * DAY, until=midnight - 2 * DAY), ended, ended):
        await watch.run(day)
    assert await run("SELECT day, release FROM handrail.release_days") == [(ended.day, OLD.release)]
