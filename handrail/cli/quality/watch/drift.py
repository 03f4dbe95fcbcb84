"""`handrail drift`: what can be noticed when customers' cases get worse, and how late."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.quality.watch.baselines import baseline
from handrail.cli.quality.watch.watched import watched

if TYPE_CHECKING:
    from handrail.quality.statistics.power import Delay, Power

app = typer.Typer(no_args_is_help=True, help="Drift: what can be noticed when cases get worse, and how late.")
app.command("baseline")(baseline)
app.command("watched")(watched)
SPREADS = (0.0, 0.005, 0.02)


@app.callback()
def group() -> None:
    """Notice when cases get worse."""


@app.command()
def power(
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="Cases a day.")],
    p0: Annotated[float, typer.Option("--p0", help="The share of bad cases when all is well, between 0 and 1.")],
    shift: Annotated[float, typer.Option(help="How much that share rises: 0.05 is from 10 to 15 %.")],
    spread: Annotated[
        list[float] | None,
        typer.Option(help="Correlation between cases of one day; 0: days are alike. May be repeated. [0, 0.005 and 0.02]"),
    ] = None,
    alarms: Annotated[float, typer.Option(help="False alarms a year that you accept.", min=0.01, max=50)] = 1.0,
    baseline_days: Annotated[int, typer.Option(min=28, max=730, help="Days that the baseline is learned from.")] = 56,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 1,
    as_json: Json = False,
) -> None:
    """Tell by simulation after how many days a rise is noticed at this volume, before anybody relies on it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows
    from handrail.quality.statistics.power import power as simulated
    from handrail.quality.statistics.worlds import Volume

    spreads = spread or list(SPREADS)
    _check(p0, shift, spreads)
    found = [simulated(Volume.even(n, p0, shift, each, baseline_days), alarms=alarms, seed=seed) for each in spreads]
    if as_json:
        print_document([asdict(each) for each in found])
    else:
        headings = ("detector", "spread", "false alarms a year", "days until noticed", "p90", "not within a year")
        print_rows(headings, [row for each in found for row in _rows(each)], "")


def _check(p0: float, shift: float, spreads: list[float]) -> None:
    """Raises: InvalidInput."""
    from handrail.domain.errors import InvalidInput

    if not 0 < p0 < 1:
        raise InvalidInput(f"--p0: {p0:g} is no share of bad cases. Give one between 0 and 1, for example 0.10.")
    if not 0 < shift < 1 - p0:
        raise InvalidInput(f"--shift: {p0:g} cannot rise by {shift:g}. Give more than 0 and less than {1 - p0:g}.")
    for each in spreads:
        if not 0 <= each < 1:
            raise InvalidInput(f"--spread: {each:g} is no correlation. Give 0 or more and less than 1, for example 0.005.")


def _rows(found: Power) -> list[tuple[str, ...]]:
    spread = f"{found.volume.spread:g}"
    return [
        ("z-CUSUM, the alarm", spread, f"{found.false_alarms:.2f}", *_told(found.delay)),
        ("e-detector, the proof", spread, f"{found.proof_false_alarms:.2f}", *_told(found.proof_delay)),
    ]


def _told(delay: Delay) -> tuple[str, str, str]:
    return f"{delay.mean:.1f}", f"{delay.p90:.0f}", f"{delay.missed:.0%}"
