"""`handrail drift watched`: every series with its signed baseline, and whether it can alarm now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.watch.drift import DriftAlarm
    from handrail.domain.quality.watch.watched import WatchStanding


def watched(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every series that could be watched: by whose word, since when, and what keeps it from alarming."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen

    found = run_async(_standings(world(ctx)))
    if as_json:
        return print_document(found)
    rows = [
        (
            one.series,
            one.accepted_by,
            f"{one.since} to {one.until}" if one.since else "",
            one.watch_from or "",
            f"{one.alarms:.4f}",
            one.state,
        )
        for one in found
    ]
    headings = ("series", "signed by", "learned from", "watched from", "false alarms a year", "state")
    print_rows(headings, rows, "Nothing is watched: drift.yaml names no indicator that outcomes.yaml counts.")
    armed = sum(one.alarms for one in found if one.armed)
    screen().print(plain(f"Those that can alarm now may do so for nothing {armed:.2f} times a year, all together."))
    return None


async def _standings(place: CliContext) -> list[WatchStanding]:
    from handrail.cli.quality.watch.baselines import terms_of
    from handrail.postgres.quality.alarms import PostgresAlarms
    from handrail.postgres.quality.drift import PostgresDrift
    from handrail.quality.watching.standing import standings

    async with place.pool() as pool:
        terms, baselines = await terms_of(place, pool)(), await PostgresDrift(pool).baselines()
        alarms: list[DriftAlarm] = await PostgresAlarms(pool).of_baselines([one.baseline_id for one in baselines])
    return standings(terms, baselines, alarms)
