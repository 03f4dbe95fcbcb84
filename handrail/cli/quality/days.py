"""`handrail quality status` and `run`: the steps of the business's days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.days import DailyRun, QualityStanding

Days = Annotated[int, typer.Option("--days", min=1, max=35, help="How many ended days to show.")]


def status(ctx: typer.Context, days: Days = 7, as_json: Json = False) -> None:
    """Show what was done for the newest ended days, and when the next look is."""
    from handrail.cli.common.documents import print_document

    found = run_async(standing(world(ctx), days))
    if as_json:
        print_document(found)
    else:
        show(found)


def run(
    ctx: typer.Context,
    day: Annotated[str, typer.Option("--day", help="An ended day of the business: 2026-05-04.", show_default=False)],
    step: Annotated[
        str | None, typer.Option("--step", help="Up to this step alone; all where it is left out.", show_default=False)
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most.")] = 600.0,
    as_json: Json = False,
) -> None:
    """Do what is left of a day now, through Temporal, and wait. What is done is not done twice."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    found = run_async(ran(world(ctx), day_of("--day", day), step, timeout))
    if as_json:
        print_document(found)
        return
    screen().print(plain("\n".join(f"{each.day.day} {each.step}: done" for each in found.done) or "Nothing was left to do."))


def day_of(option: str, text: str) -> date:
    """Return the day. Raises: InvalidInput: it is none."""
    from handrail.domain.errors import InvalidInput

    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(f"{option}: {text[:40]!r} is no day. Write one such as 2026-05-04.") from error


async def standing(place: CliContext, days: int) -> QualityStanding:
    """Read how the loop stands. Raises: Unreachable, DefinitionInvalid."""
    from datetime import UTC, datetime

    from temporalio.service import RPCError

    from handrail.domain.quality.days import QualityStanding, ended_days, standings
    from handrail.postgres.quality.days import PostgresDays
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.temporal import schedules
    from handrail.temporal.connect import Unreachable

    zone = load_outcomes(place.settings.definitions or place.business.folder).value.zone
    async with place.pool() as pool:
        record = PostgresDays(pool)
        first = await record.first_case()
        ended = list(ended_days(first, datetime.now(UTC), zone, days)) if first else []
        states = await record.states(ended[0].day) if ended else []
    try:
        schedule = await schedules.in_words(await place.temporal(), place.settings.task_queue)
    except (Unreachable, RPCError) as error:
        schedule = f"not known: {error}"
    return QualityStanding(zone=zone, schedule=schedule, days=standings(ended, states))


async def ran(place: CliContext, day: date, step: str | None, timeout: float) -> DailyRun:
    """Run what is left of the day. Raises: InvalidInput, QualityFailed, Unreachable."""
    from datetime import timedelta

    from handrail.domain.quality.days import DueRequest
    from handrail.temporal.schedules import run_now

    client = await place.temporal("handrail quality run")
    return await run_now(client, place.settings.task_queue, DueRequest(day=day, step=step), timedelta(seconds=timeout))


def show(found: QualityStanding) -> None:
    """Show it to people."""
    from handrail.cli.common.tables import moment, plain, print_rows, screen

    rows = [
        (
            step.day.day,
            step.step,
            moment(step.done_at) if step.done_at else f"failed {step.tries} times" if step.error else "not yet",
            step.result.words if step.result else step.error or "",
        )
        for day in found.days
        for step in day.steps
    ]
    print_rows(("day", "step", "done", "what it says"), rows, "No day with cases has ended yet.")
    screen().print(plain(f"Days of {found.zone}. The schedule: {found.schedule}."))
