"""`handrail report`: the page of a week, for ten minutes of those who answer for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from datetime import datetime

    from handrail.domain.quality.weekly import WeeklyReport, WeeklyShadow
    from handrail.postgres.pool import Pool

app = typer.Typer(help="The page of a week.")
EARLIER = 7
"""Weeks before it that a chart shows."""


@app.command()
def report(
    ctx: typer.Context,
    week: Annotated[str, typer.Option(help="An ISO week such as 2026-W03, or 'last' for the newest that has ended.")] = "last",
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the page. [report-WEEK.html]", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the page of a week: outcomes against plan, gaps, alarms, load, actions."""
    from handrail.cli.common.documents import print_document

    found = run_async(_of(world(ctx), week))
    if as_json:
        print_document(found)
        return
    from handrail.cli.common.tables import plain, screen
    from handrail.quality.weekly.page import page

    target = out or Path(f"report-{found.week}.html")
    write(target, page(found))
    screen().print(plain(f"{target}: week {found.week}, {found.cases:,} cases. Open it in a browser, or print it."))


async def _of(place: CliContext, week: str) -> WeeklyReport:
    from datetime import UTC, datetime

    async with place.pool() as pool:
        found = await week_of_business(pool, place.settings.definitions or place.business.folder, week, datetime.now(UTC))
        found = found.model_copy(update={"shadow": await _shadow(pool, found)})
    return await _with_judge(place, found)


async def _shadow(pool: Pool, week: WeeklyReport) -> WeeklyShadow | None:
    """Return what the newest shadow of the week says; None where none went."""
    from handrail.cli.rollout.shadowing import shadow_within
    from handrail.domain.quality.weekly import WeeklyShadow

    found = await shadow_within(pool, week.since, week.until)
    if found is None:
        return None
    return WeeklyShadow(shadow_id=found.shadow.shadow_id, release=found.shadow.release, words=found.words)


async def _with_judge(place: CliContext, week: WeeklyReport) -> WeeklyReport:
    """Return the week with what the judge says of its sample, or why it says nothing."""
    from zoneinfo import ZoneInfo

    from handrail.cli.quality.judge.judging import status_between
    from handrail.domain.errors import InvalidInput
    from handrail.domain.quality.weekly import WeeklyCriterion

    zone = ZoneInfo(week.zone)
    last = (week.until.astimezone(zone) - timedelta(microseconds=1)).date()
    try:
        found = await status_between(place, week.since.astimezone(zone).date(), last)
    except InvalidInput as refused:
        return week.model_copy(update={"judge": str(refused)})
    wanted = {"criterion", "since", "sampled", "judged", "unmeasured", "left", "statement"}
    judged = [
        WeeklyCriterion(open=one.gate.open, agreement=one.gate.agreement, **one.model_dump(include=wanted))
        for one in found.criteria
    ]
    return week.model_copy(update={"judge": found.judge or "No judge is set (HANDRAIL_JUDGE_MODEL).", "judged": judged})


async def week_of_business(pool: Pool, folder: Path, week: str, now: datetime) -> WeeklyReport:
    """Count and read the week. Raises: InvalidInput, DefinitionInvalid, Unreachable."""
    from handrail.postgres.outcomes import PostgresOutcomes
    from handrail.postgres.quality.weekly import PostgresWeek
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.quality.outcomes.report import report as counted
    from handrail.quality.weekly.assembling import assemble
    from handrail.quality.weekly.targets import load_targets
    from handrail.quality.weekly.weeks import week_of

    definitions = load_outcomes(folder)
    targets = load_targets(folder, definitions.value).value
    name, period = week_of(week, now, definitions.value.zone)
    names = list(targets.indicators)
    outcomes = PostgresOutcomes(pool)
    await outcomes.define(definitions.value, definitions.version)
    weeks = []
    for ago in range(EARLIER, -1, -1):
        shifted = period.model_copy(
            update={"since": period.since - timedelta(days=7 * ago), "until": period.until - timedelta(days=7 * ago)}
        )
        weeks.append(counted(definitions, names, shifted, None, await outcomes.read(shifted)))
    read = await PostgresWeek(pool).of(period, definitions.value.zone)
    return assemble(
        name,
        targets,
        weeks[-1],
        weeks[:-1],
        alarms=read.alarms,
        changes=read.changes,
        load=read.load,
        drills=read.drills,
        waits=(read.longest_wait, read.median_wait),
    )


def write(target: Path, text: str) -> None:
    """Write the page. Raises: InvalidInput: it cannot be written there."""
    from handrail.domain.errors import InvalidInput

    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(f"--out: {target}: {error.strerror}. Name a file in a folder that is there.") from error
