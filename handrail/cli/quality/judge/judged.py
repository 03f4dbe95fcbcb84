"""`handrail judge days`: the share of cases that fail, day by day, as drift is watched by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.judge.judge_status import JudgedRate


def days(
    ctx: typer.Context,
    criterion: Annotated[str | None, typer.Option("--criterion", help="Only this one.", show_default=False)] = None,
    number: Annotated[int, typer.Option("--days", min=1, max=366, help="So many days up to yesterday.")] = 28,
    as_json: Json = False,
) -> None:
    """Show of each judged day the share of cases that fails, corrected for the judge's errors, while its gate is open."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import percent, print_rows

    found = run_async(_rates(world(ctx), criterion, number))
    if as_json:
        return print_document(found)
    rows = [
        (one.day, one.criterion, f"{one.cases:.1f}", percent(one.raw), percent(one.value), f"{one.low:.1%} to {one.high:.1%}")
        for one in found
    ]
    headings = ("day", "criterion", "cases", "judge says", "fail", "interval")
    return print_rows(headings, rows, "No day was counted while a gate was open: see `handrail judge status`.")


async def _rates(place: CliContext, criterion: str | None, number: int) -> list[JudgedRate]:
    """Read the days. Raises: InvalidInput: the rubric has no such criterion."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from handrail.cli.quality.watch.heeding import gates_of
    from handrail.domain.errors import InvalidInput
    from handrail.domain.quality.watch.drift import EVERY
    from handrail.postgres.quality.drift import PostgresDrift
    from handrail.quality.judging.loader import load_rubric
    from handrail.quality.judging.status import daily_rate
    from handrail.quality.outcomes.loader import load_outcomes

    folder = place.settings.definitions or place.business.folder
    known, zone = load_rubric(folder).value.criteria, ZoneInfo(load_outcomes(folder).value.zone)
    if criterion is not None and criterion not in known:
        raise InvalidInput(f"--criterion: {criterion[:40]!r} is none of the rubric's. Known: {', '.join(known)}.")
    today = datetime.now(UTC).astimezone(zone).date()
    async with place.pool() as pool:
        terms = {
            name: one
            for name, one in (await gates_of(place, pool).judged(lambda: zone)).items()
            if criterion in (None, one.criterion)
        }
        counted = await PostgresDrift(pool).series(list(terms), today - timedelta(days=number), today)
    rates = (
        daily_rate(terms[one.indicator], one)
        for one in counted
        if one.topic == EVERY and one.version == terms[one.indicator].version
    )
    return [rate for rate in rates if rate is not None]
