"""`handrail canary`: the agent's model on the same prompts every day, and whether it is still the model it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.rail import said
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.quality.judge.judging import day_of
from handrail.cli.quality.judge.models import model_settings

if TYPE_CHECKING:
    from handrail.domain.quality.judge.canary import CanaryBaseline, CanaryResult
    from handrail.postgres.pool import Pool
    from handrail.quality.judging.canary import CanaryStep

app = typer.Typer(no_args_is_help=True, help="Notice another model behind the same name by canary prompts.")


@app.callback()
def group() -> None:
    """Notice another model."""


@app.command()
def status(ctx: typer.Context, limit: Limit = 14, as_json: Json = False) -> None:
    """Show the baseline and the latest days' comparisons."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen

    place = world(ctx)

    async def work() -> tuple[str, CanaryBaseline | None, list[CanaryResult], dict[str, int]]:
        from handrail.postgres.quality.canary import PostgresCanary
        from handrail.wiring.clients import agent_served

        served, key = agent_served(model_settings(place)), canary_key(place)
        async with place.pool() as pool:
            record = PostgresCanary(pool)
            days = await record.answered(served, key, limit)
            baseline = await record.baseline(served, key)
            return served, baseline, await record.results(served, limit), {str(day): n for day, n in days.items()}

    served, baseline, results, days = run_async(work())
    if as_json:
        return print_document(
            {
                "served": served,
                "baseline": baseline.model_dump(mode="json") if baseline else None,
                "answered": days,
                "days": [one.model_dump(mode="json") for one in results],
            }
        )
    held = f"{baseline.since} to {baseline.until}, accepted by {baseline.actor}: {baseline.reason}" if baseline else "none"
    screen().print(plain(f"{served}\nBaseline: {held}"))
    rows = [(one.day, one.answers, _p(one.p_day), _p(one.p_latest), "HIT" if one.hit else "", one.words) for one in results]
    return print_rows(("day", "answers", "p of the day", "p of 3 days", "", "words"), rows, "No day was looked at yet.")


@app.command()
def run(
    ctx: typer.Context,
    day: Annotated[str, typer.Option("--day", help="The day whose answers these are.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Ask the prompts for a day, as far as they are not answered, and compare; a change is an alarm, and is governed."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    wanted = day_of(day)

    async def work() -> CanaryResult:
        from handrail.cli.quality.watch.heeding import governor_of

        place = world(ctx)
        async with canary_step(place) as (step, pool):
            watched = await step.watch(wanted)
            if watched.hit:
                await governor_of(place, pool).govern(wanted)
            return watched

    found = run_async(work())
    return print_document(found) if as_json else screen().print(plain(f"{found.day}: {found.words}"))


@app.command()
def accept(
    ctx: typer.Context,
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who vouches for it.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.", show_default=False)],
    until: Annotated[
        str | None, typer.Option("--until", help="The last day of the baseline; the newest one.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Vouch for the model of the latest days: later days are compared with their answers."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    why, who = said(reason, by)
    last = day_of(until) if until else None

    async def work() -> CanaryBaseline:
        async with canary_step(world(ctx)) as (step, _):
            return await step.accept(last, why, who)

    found = run_async(work())
    if as_json:
        return print_document(found)
    screen().print(plain(f"Baseline: {found.answers} answers of {found.since} to {found.until}, accepted by {found.actor}."))
    return screen().print('What a hit has set stays until: handrail controls resume --reason "…" --actor …')


@asynccontextmanager
async def canary_step(place: CliContext) -> AsyncIterator[tuple[CanaryStep, Pool]]:
    """The step with its model and its record, and the pool of both."""
    from handrail.clock import SystemClock
    from handrail.wiring.clients import canary_step as made

    settings = model_settings(place)
    folder = settings.definitions or place.business.folder
    async with place.pool() as pool, made(settings, pool, folder, SystemClock()) as step:
        yield step, pool


def canary_key(place: CliContext) -> str:
    """Return what the answers are kept under. Raises: DefinitionInvalid."""
    from handrail.quality.judging.loader import load_canary

    return load_canary(place.settings.definitions or place.business.folder).value.key


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
