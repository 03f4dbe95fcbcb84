"""`handrail judge`: a model that judges cases, whether its verdicts count, and what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.quality.judge.judged import days
from handrail.cli.quality.judge.models import model_settings

if TYPE_CHECKING:
    from datetime import date

    from handrail.domain.quality.judge.calibration import CalibrationRecord
    from handrail.domain.quality.judge.judge_status import JudgeStatus
    from handrail.domain.quality.judge.judged import JudgedDay
    from handrail.postgres.pool import Pool
    from handrail.quality.judging.judge import JudgeStep

app = typer.Typer(no_args_is_help=True, help="A model that judges cases, and whether its verdicts count.")
OFF = "no judge"
app.command("days")(days)


@app.callback()
def group() -> None:
    """Judge cases."""


@app.command()
def status(
    ctx: typer.Context,
    number: Annotated[int, typer.Option("--days", min=1, max=366, help="Samples of so many days up to yesterday.")] = 28,
    as_json: Json = False,
) -> None:
    """Show each criterion: does the judge count, and what share of cases fails, corrected for the judge's errors."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import percent, plain, print_rows, screen

    found = run_async(read_status(world(ctx), number))
    if as_json:
        return print_document(found)
    screen().print(
        plain(f"Judge: {found.judge or 'none, see HANDRAIL_JUDGE_MODEL'}; samples of {found.since} to {found.until}")
    )
    rows = [
        (
            each.criterion,
            f"open since {each.since:%Y-%m-%d}" if each.since else "CLOSED",
            each.gate.agreement,
            f"{each.judged} of {each.sampled}",
            each.unmeasured,
            each.left,
            f"{each.labels} of {each.labels_wanted}",
            percent(each.raw.value) if each.raw else "",
            each.statement,
        )
        for each in found.criteria
    ]
    headings = ("criterion", "gate", "agrees with people", "judged", "unmeasured", "left", "labels", "judge says", "statement")
    return print_rows(headings, rows, "The rubric has no criteria.")


@app.command()
def run(
    ctx: typer.Context,
    day: Annotated[str, typer.Option("--day", help="A day of the business, such as 2026-05-04.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Judge a day's sample, as far as it is not judged yet; what was judged is neither asked nor paid for again."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    wanted = day_of(day)

    async def work() -> tuple[JudgedDay, str]:
        from handrail.cli.quality.watch.heeding import heed_gates

        async with judge_step(world(ctx)) as (step, pool):
            return await step.judge(wanted), await heed_gates(world(ctx), pool, wanted)

    found, heeded = run_async(work())
    if as_json:
        return print_document(found)
    screen().print(plain(f"{found.day}: {found.words}."))
    for name, each in found.criteria.items():
        why = ", ".join(f"{reason} {number}" for reason, number in each.unmeasured.items())
        unmeasured = f", unmeasured: {why}" if why else ""
        screen().print(plain(f"  {name}: {each.passes} pass, {each.fails} fail{unmeasured}"))
    return screen().print(plain("\n".join([f"  {found.put_to_people} put to people to label", *([heeded] if heeded else [])])))


@app.command()
def calibrate(
    ctx: typer.Context,
    criteria: Annotated[
        list[str] | None, typer.Option("--criterion", help="Only this one; may be repeated.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Let the judge judge what people have labelled, and open or close each criterion's gate."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.errors import InvalidInput

    async def work() -> tuple[list[CalibrationRecord], str]:
        from datetime import UTC, datetime

        from handrail.cli.quality.watch.heeding import heed_gates

        async with judge_step(world(ctx)) as (step, pool):
            known = list(step.plan().rubric.criteria)
            for name in criteria or []:
                if name not in known:
                    raise InvalidInput(f"--criterion: {name[:40]!r} is none of the rubric's. Known: {', '.join(known)}.")
            made = await step.calibrate(criteria or known)
            return made, await heed_gates(world(ctx), pool, datetime.now(UTC).date())

    found, heeded = run_async(work())
    if as_json:
        return print_document(found)
    for each in found:
        screen().print(plain(f"{each.criterion}: {in_words(each)}"))
    done = "Done." if found else "Nothing could be calibrated today: the day's limit is reached."
    return screen().print(plain(f"{done} {heeded}".strip()))


def in_words(found: CalibrationRecord) -> str:
    """Say how a calibration ended."""

    def rated(name: str, value: float | None, low: float, high: float) -> str:
        return f"{name} unknown" if value is None else f"{name} {value:.2f} ({low:.2f} to {high:.2f})"

    figures = ", ".join(
        rated(name, each.value, each.low, each.high)
        for name, each in (
            ("sensitivity", found.sensitivity),
            ("specificity", found.specificity),
            ("kappa", found.kappa),
            (f"two people's kappa over {found.pairs}", found.human_kappa),
        )
    )
    gate = "the gate is open" if found.opened else f"the gate stays closed: {'; '.join(found.reasons)}"
    return f"{figures}; {gate}"


def day_of(text: str) -> date:
    """Return the day. Raises: InvalidInput: it is none."""
    from datetime import date

    from handrail.domain.errors import InvalidInput

    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(f"--day: {text[:40]!r} is no day. Write it as 2026-05-04.") from error


@asynccontextmanager
async def judge_step(place: CliContext) -> AsyncIterator[tuple[JudgeStep, Pool]]:
    """The step with its model, and the pool of its record.

    Raises:
        InvalidInput: no judge is set, or it is the agent's own model.
    """
    from handrail.clock import SystemClock
    from handrail.wiring.clients import judge_step as made

    settings = model_settings(place)
    folder = settings.definitions or place.business.folder
    async with place.pool() as pool, made(settings, pool, folder, SystemClock()) as step:
        yield step, pool


async def read_status(place: CliContext, days: int) -> JudgeStatus:
    """Read the judge's status. Raises: DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from handrail.quality.outcomes.loader import load_outcomes

    zone = load_outcomes(place.settings.definitions or place.business.folder).value.zone
    until = datetime.now(UTC).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    return await status_between(place, until - timedelta(days=days - 1), until)


async def status_between(place: CliContext, since: date, until: date) -> JudgeStatus:
    """Read the judge's status over the samples of these days, both included. Raises: InvalidInput, as `read_status`."""
    from datetime import UTC, datetime

    from handrail.domain.quality.judge.judge_status import JudgeStatus
    from handrail.domain.quality.judge.judged import JudgePlan
    from handrail.llm.judging import PROMPT
    from handrail.postgres.quality.judging import PostgresJudging
    from handrail.postgres.quality.labels import PostgresLabels
    from handrail.quality.judging.loader import load_rubric
    from handrail.quality.judging.status import statuses
    from handrail.wiring.clients import judge_served

    folder = place.settings.definitions or place.business.folder
    rubric = load_rubric(folder)
    settings = model_settings(place)
    served = judge_served(settings) if settings.judge_model else None
    plan = JudgePlan.of(rubric.value, served or OFF, PROMPT)
    async with place.pool() as pool:
        record = PostgresJudging(pool)
        found = statuses(
            plan,
            await record.calibrations(list(plan.keys)),
            await record.answers_as(list(plan.keys.values())),
            await record.samples(plan.keys, since, until),
            await PostgresLabels(pool).labelled(plan.wordings),
            datetime.now(UTC),
            openings=await record.openings(list(plan.keys)),
            off=served is None,
        )
    return JudgeStatus(judge=served, rubric=rubric.version, since=since, until=until, criteria=found)
