"""`handrail metrics`: what customers get, with intervals, and nothing where too few cases say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.definitions import Loaded
    from handrail.domain.outcomes import Dimension, OutcomeDefinitions, OutcomeReport

app = typer.Typer(help="What became of cases: rates and times with intervals.")
Since = Annotated[str, typer.Option("--since", help="Cases opened since then: 7d, 24h, 4w, a day, or a moment.")]
Until = Annotated[str | None, typer.Option("--until", help="And before then; now where it is left out.", show_default=False)]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="In groups: topic, tier, language, channel, model, prompt, policy, graph, release or handled_by.",
        show_default=False,
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--indicator", help="Only this one; may be repeated.", show_default=False),
]


@app.command()
def metrics(
    ctx: typer.Context,
    since: Since = "7d",
    until: Until = None,
    by: By = None,
    indicators: Names = None,
    as_json: Json = False,
) -> None:
    """Count what became of the cases that were opened in a period."""
    found = run_async(counted(world(ctx), since, until, by, indicators or []))
    if not as_json:
        return show(found)
    from handrail.cli.common.documents import print_document

    return print_document(found)


async def counted(place: CliContext, since: str, until: str | None, by: str | None, names: list[str]) -> OutcomeReport:
    """Count what was asked for. Raises: InvalidInput, DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime

    from handrail.postgres.outcomes import PostgresOutcomes
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.quality.outcomes.period import period_of
    from handrail.quality.outcomes.report import report

    definitions = load_outcomes(place.settings.definitions or place.business.folder)
    dimension, chosen = dimension_of(by), chosen_of(names, definitions)
    period = period_of(since, until, datetime.now(UTC), definitions.value.zone)
    async with place.pool() as pool:
        outcomes = PostgresOutcomes(pool)
        await outcomes.define(definitions.value, definitions.version)
        packed = await outcomes.read(period, dimension)
    return report(definitions, chosen, period, dimension, packed)


def dimension_of(by: str | None) -> Dimension | None:
    """Return the dimension. Raises: InvalidInput: there is none of that name."""
    from handrail.domain.errors import InvalidInput
    from handrail.domain.outcomes import Dimension

    if by is None:
        return None
    try:
        return Dimension(by)
    except ValueError as error:
        raise InvalidInput(f"--by: {by[:40]!r} tells no cases apart. Write {', '.join(Dimension)}.") from error


def chosen_of(names: list[str], definitions: Loaded[OutcomeDefinitions]) -> list[str]:
    """Return the names of the indicators, all where none is given. Raises: InvalidInput: one is not defined."""
    from handrail.domain.errors import InvalidInput

    defined = list(definitions.value.indicators)
    for name in names:
        if name not in defined:
            raise InvalidInput(f"--indicator: {name[:60]!r} is not in outcomes.yaml. Write one of: {', '.join(defined)}.")
    return [name for name in defined if name in names] if names else defined


def show(found: OutcomeReport) -> None:
    """Show the report to people."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from handrail.cli.common.tables import percent, plain, print_rows, screen
    from handrail.domain.counting import many

    def local(at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(found.zone)):%Y-%m-%d %H:%M}"

    excluded = f"; {found.excluded} more of channels that do not count" if found.excluded else ""
    screen().print(
        plain(f"{many(found.cases, 'case')} opened {local(found.since)} to {local(found.until)} {found.zone}{excluded}")
    )
    headings = ["indicator", *([found.by.value] if found.by else []), "figure"]
    rows = [
        [one.title, *([one.group if one.group is not None else "(not known)"] if found.by else []), one.statement]
        for one in found.indicators
    ]
    print_rows(headings, rows, "Nothing to count.")
    if found.reliability:
        lines = [
            (f"{one.low:.1f} to {one.high:.1f}", one.n, percent(one.confidence), percent(one.held_up) or "no statement")
            for one in found.reliability
        ]
        print_rows(("confidence", "n", "said", "held up"), lines, "")
