"""`handrail quality sample`, `scores` and `score --measure`: what was drawn, what scorers say of it, how fast they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.quality.days import day_of

if TYPE_CHECKING:
    from handrail.domain.quality.samples import SampleReport
    from handrail.domain.quality.scores import ScoresReport

By = Annotated[str | None, typer.Option("--by", help="In groups: topic, risk or day.", show_default=False)]


def sample(
    ctx: typer.Context,
    day: Annotated[
        str | None, typer.Option("--day", help="A day; the newest that has ended otherwise.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which cases were drawn of those that ended on a day, and with which probability."""
    from handrail.cli.common.documents import print_document

    found = run_async(drawn(world(ctx), day))
    if as_json:
        print_document(found)
    else:
        show_sample(found)


def scores(
    ctx: typer.Context,
    since: Annotated[str, typer.Option("--since", help="The first day: 7d, 4w, or 2026-05-04.")] = "7d",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Tell the share of bad cases by each scorer, weighted by the sample, over whole days that have ended."""
    from handrail.cli.common.documents import print_document

    found = run_async(reported(world(ctx), since, by))
    if as_json:
        print_document(found)
    else:
        show_scores(found)


def score(
    measure: Annotated[int, typer.Option("--measure", min=1, max=1_000_000, help="Generated cases to score.")] = 10_000,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=64, help="As many as processors otherwise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how fast generated cases are scored here; `quality run --step score` scores a day."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.quality.scoring.measuring import measured

    found = run_async(measured(measure, processes))
    if as_json:
        print_document(found)
    else:
        screen().print(
            plain(
                f"{found.cases} cases scored in {found.seconds:.1f} s by {found.processes} processes, "
                f"{found.cases_per_second:.0f} a second; they used {found.processor_seconds:.1f} s of processors."
            )
        )


async def drawn(place: CliContext, text: str | None) -> SampleReport:
    """Read the sample of the day. Raises: InvalidInput, Unreachable, DefinitionInvalid."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from handrail.postgres.quality.samples import PostgresSamples
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.quality.scoring.report import sample_report

    zone = load_outcomes(place.settings.definitions or place.business.folder).value.zone
    newest = datetime.now(UTC).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    day = day_of("--day", text) if text is not None else newest
    async with place.pool() as pool:
        samples = PostgresSamples(pool)
        return sample_report(day, await samples.drawn(day), await samples.scored(day))


async def reported(place: CliContext, since: str, by: str | None) -> ScoresReport:
    """Read the scores since then. Raises: InvalidInput, Unreachable, DefinitionInvalid."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from handrail.domain.errors import InvalidInput
    from handrail.postgres.quality.days import PostgresDays
    from handrail.postgres.quality.scores import PostgresScores
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.quality.outcomes.period import period_of
    from handrail.quality.scoring.report import GROUPS, scores_report

    if by is not None and by not in GROUPS:
        raise InvalidInput(f"--by: {by[:40]!r} tells no scores apart. Write {', '.join(GROUPS)}.")
    outcomes = load_outcomes(place.settings.definitions or place.business.folder).value
    zone, now = ZoneInfo(outcomes.zone), datetime.now(UTC)
    first = period_of(since, None, now, outcomes.zone).since.astimezone(zone).date()
    last = now.astimezone(zone).date() - timedelta(days=1)
    if first > last:
        raise InvalidInput(f"--since: {since!r} is no day that has ended. Name an earlier one, for example 7d.")
    async with place.pool() as pool:
        record, begun = PostgresScores(pool), await PostgresDays(pool).first_case()
        first = max(first, begun.astimezone(zone).date()) if begun else last + timedelta(days=1)
        days, found = await record.days_between(first, last), await record.between(first, last)
    return scores_report(first, last, outcomes.zone, by, days, found, outcomes.minimum, outcomes.confidence)


def show_sample(found: SampleReport) -> None:
    """Show it to people."""
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.domain.counting import many

    rows = [
        (one.stratum, one.cases, one.drawn, f"{one.drawn / one.cases:.1%}", one.for_people, one.scored) for one in found.strata
    ]
    headings = ("topic/risk", "ended", "drawn", "probability", "for people", "scored")
    print_rows(headings, rows, f"No sample was drawn for {found.day}: handrail quality status says why.")
    if found.drawn_on:
        left = found.drawn - found.scored
        unscored = f"; {left} not scored" if left else ""
        screen().print(
            plain(f"{found.drawn} of {many(found.cases, 'case')} of {found.day}, {found.for_people} for people{unscored}.")
        )


def show_scores(found: ScoresReport) -> None:
    """Show it to people."""
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.domain.counting import many

    headings = ("scorer", *([found.by] if found.by else []), "figure")
    rows = [(one.scorer, *([one.group or ""] if found.by else []), one.statement) for one in found.figures]
    print_rows(headings, rows, "Nothing is scored yet.")
    missing = (
        f"; {many(len(found.days_missing), 'day')} not scored: {', '.join(map(str, found.days_missing))}"
        if found.days_missing
        else ""
    )
    left = f"; {found.unscored} of them not scored" if found.unscored else ""
    screen().print(
        plain(
            f"{found.since} to {found.until} {found.zone}: {found.drawn} of {many(found.cases, 'ended case')} drawn"
            f"{left}{missing}."
        )
    )
