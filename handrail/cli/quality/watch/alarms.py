"""`handrail alarms …`: what got worse, since when, where, and what people said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.domain.quality.watch.drift import DriftAlarm
    from handrail.domain.quality.watch.watched import Precision

app = typer.Typer(no_args_is_help=True, help="Alarms: what got worse, since when and where.")
Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="The alarm's number.", show_default=False)]


@app.callback()
def group() -> None:
    """Look at alarms and acknowledge them."""


@app.command("list")
def list_alarms(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Acknowledged ones, too.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """Alarms that nobody has acknowledged, the newest first."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows
    from handrail.postgres.quality.alarms import PostgresAlarms

    async def work() -> list[DriftAlarm]:
        async with world(ctx).pool() as pool:
            return await PostgresAlarms(pool).all(limit, everything=everything)

    found = run_async(work())
    if as_json:
        return print_document(found)
    rows = [(one.alarm_id, one.kind, _about(one), one.first_day, one.day, one.evidence.words, _said(one)) for one in found]
    return print_rows(("alarm", "kind", "of", "since", "raised by", "what", "acknowledged"), rows, "No alarm stands.")


@app.command()
def show(ctx: typer.Context, alarm_id: Number, as_json: Json = False) -> None:
    """One alarm: which slice moved, ten cases, what changed that day."""
    from handrail.cli.common.documents import print_document
    from handrail.postgres.quality.alarms import PostgresAlarms

    async def work() -> DriftAlarm:
        async with world(ctx).pool() as pool:
            return await PostgresAlarms(pool).get(alarm_id)

    found = run_async(work())
    if as_json:
        print_document(found)
    else:
        _print(found)


@app.command()
def acknowledge(
    ctx: typer.Context,
    alarm_id: Number,
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who looked at it.", show_default=False)],
    real: Annotated[Literal["yes", "no"], typer.Option("--real", help="Had something really got worse?", show_default=False)],
    note: Annotated[str, typer.Option("--note", help="What it was, for whoever reads the ledger.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Say what it was. The series is watched again once a person signs a baseline for it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.case.messages import check_name, check_text
    from handrail.postgres.quality.alarms import PostgresAlarms

    who, words = check_name("--by", by), check_text("--note", note, 500)

    async def work() -> DriftAlarm:
        async with world(ctx).pool() as pool:
            return await PostgresAlarms(pool).acknowledge(alarm_id, who, real=real == "yes", note=words)

    found = run_async(work())
    if as_json:
        return print_document(found)
    screen().print(plain(f"Acknowledged by {who}: alarm {alarm_id} was {'real' if found.real else 'false'}."))
    if found.baseline_id is not None:
        screen().print(plain(f"Watch it again: {_again(found)}"))
    return None


@app.command()
def ledger(ctx: typer.Context, as_json: Json = False) -> None:
    """Count by detector how many alarms were real."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import percent, print_rows
    from handrail.postgres.quality.alarms import PostgresAlarms
    from handrail.quality.outcomes.statistics import wilson

    async def work() -> list[Precision]:
        async with world(ctx).pool() as pool:
            return await PostgresAlarms(pool).ledger()

    found: list[Precision] = []
    for one in run_async(work()):
        low, high = wilson(one.real, one.acknowledged, 0.95) if one.acknowledged else (None, None)
        found.append(one.model_copy(update={"low": low, "high": high}))
    if as_json:
        return print_document(found)
    rows = [
        (
            one.detector,
            one.alarms,
            one.acknowledged,
            one.real,
            f"{percent(one.low)} to {percent(one.high)}" if one.low is not None else "",
        )
        for one in found
    ]
    return print_rows(("detector", "alarms", "acknowledged", "real", "of those, real"), rows, "No alarm was ever raised.")


def _about(one: DriftAlarm) -> str:
    from handrail.domain.quality.watch.drift import WatchedSeries

    return WatchedSeries(indicator=one.indicator, topic=one.topic).words if one.indicator else ""


def _said(one: DriftAlarm) -> str:
    return f"{one.acknowledged_by}: {'real' if one.real else 'false'}" if one.acknowledged_by else ""


def _again(one: DriftAlarm) -> str:
    topic = one.topic or "all"
    return f"handrail drift baseline --indicator {one.indicator} --topic {topic} --accept --by NAME"


def _print(one: DriftAlarm) -> None:
    from handrail.cli.common.tables import print_pairs, print_rows

    proof = f"the e-detector has proven it by {one.proved_on}" if one.proved_on else "not proven by the e-detector yet"
    acknowledge_it = f"handrail alarms acknowledge {one.alarm_id} --by NAME --real yes|no --note …"
    print_pairs(
        [
            ("alarm", f"{one.alarm_id}, {one.kind}, by {one.detector}"),
            ("of", _about(one)),
            ("what", one.evidence.words),
            ("first suspicious day", one.first_day),
            ("raised by the day", one.day),
            ("proof", proof if one.kind == "drift" else None),
            ("bad cases", " ".join(one.evidence.case_ids)),
            ("changed about then", "\n".join(one.evidence.changes)),
            ("acknowledged", f"{_said(one)}: {one.note}" if one.acknowledged_by else f"not yet: {acknowledge_it}"),
        ]
    )
    rows = [
        (
            each.dimension,
            each.value or "(not known)",
            f"{each.bad:.0f} of {each.cases:.0f}",
            f"{each.expected:.1f}",
            f"{each.share:.0%}",
        )
        for each in one.evidence.slices
    ]
    if rows:
        print_rows(("dimension", "slice", "bad", "expected", "of the dimension's excess"), rows, "")
