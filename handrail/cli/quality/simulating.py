"""`handrail simulate`: a business with customers and planted events, played fast through everything that watches it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.simulation.plan import EventKind, Mistake, PlantedEvent, SimulationPlan

if TYPE_CHECKING:
    from handrail.simulation.report import EventNoticed, EventResult, SimulatedSeed, Speed

app = typer.Typer()
STANDARD = SimulationPlan()
DAYS_OF = {one.kind: one.day for one in STANDARD.events}


@app.command()
def simulate(
    days: Annotated[int, typer.Option("--days", help="Days behind the quiet ones that baselines are learned from.")] = 90,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")] = 1,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Several, one after the other: 1,2,3.", show_default=False)
    ] = None,
    cases: Annotated[int, typer.Option("--cases", help="New matters a day, in the mean.")] = STANDARD.volume,
    quiet: Annotated[int, typer.Option("--quiet-days", min=31, max=120, help="Days to learn from.")] = STANDARD.quiet,
    model_day: Annotated[int, typer.Option(min=0, help="The upstream model changes quietly; 0: never.")] = 20,
    policy_day: Annotated[int, typer.Option(min=0, help="A policy is edited by mistake; 0: never.")] = 45,
    request_day: Annotated[int, typer.Option(min=0, help="A new kind of request appears; 0: never.")] = 60,
    mistake: Annotated[Mistake, typer.Option(help="What the edited policy does to refunds.")] = Mistake.HOLDS,
    reaction: Annotated[
        int, typer.Option(min=1, max=30, help="Days from an alarm until people have mended its cause.")
    ] = STANDARD.reaction,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=16, help="Processes that play.", show_default="processors")
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate a business for months, and say when planted events were noticed, by what, and what it spared whom."""
    from handrail.cli.common.documents import print_document
    from handrail.simulation.days.run import simulate as run
    from handrail.simulation.report import SimulationReport

    planted = {EventKind.MODEL: model_day, EventKind.POLICY: policy_day, EventKind.NOVEL: request_day}
    plan = SimulationPlan(
        days=days,
        seed=seed,
        volume=cases,
        quiet=quiet,
        events=tuple(PlantedEvent(kind, day) for kind, day in sorted(planted.items(), key=lambda one: one[1]) if day),
        mistake=mistake,
        reaction=reaction,
    )
    found, speed = run(plan, listed(seeds) if seeds else [seed], processes or processors(), "handrail.shop", tell)
    print_document(SimulationReport(seeds=found)) if as_json else show(found)
    tell(told(speed))


def listed(seeds: str) -> list[int]:
    """Read seeds with commas between them. Raises: InvalidInput: one of them is no number."""
    from handrail.domain.errors import InvalidInput

    parts = [one.strip() for one in seeds.split(",")]
    if not all(one.isdecimal() for one in parts):
        raise InvalidInput(f"--seeds: {seeds[:60]!r} is no list of numbers. Write them with commas: 1,2,3.")
    return [int(one) for one in parts]


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tell(words: str) -> None:
    """Report progress on standard error: standard out holds the result alone."""
    from handrail.cli.common.tables import plain

    sys.stderr.write(plain(words) + "\n")


def told(speed: Speed) -> str:
    """The speed in a line."""
    return (
        f"{speed.cases:,} cases in {speed.seconds:.0f} s, {speed.per_second:.0f} a second in {speed.processes} processes; "
        f"{speed.cpu_milliseconds:.1f} ms of a processor a case; playing {speed.playing_seconds:.0f} s, "
        f"record {speed.record_seconds:.0f} s, watching {speed.watching_seconds:.0f} s"
    )


def show(found: list[SimulatedSeed]) -> None:
    """The tables of every seed, and below them what was not noticed."""
    from handrail.cli.common.tables import print_rows, screen

    heads = ("event", "day", "noticed", "by", "on all cases", "governor", "wrong with / without", "waited with / without")
    for one in found:
        screen().print(
            f"seed {one.seed}: {one.days} days behind {one.quiet_days} quiet ones, {one.cases:,} cases, "
            f"{one.watched} series watched, decisions of reviewers {one.reviews:,} with the governor and "
            f"{one.reviews_ungoverned:,} without",
            markup=False,
        )
        print_rows(heads, [row(event) for event in one.events], "Nothing was planted.")
        screen().print(
            f"false alarms: {len(one.false_alarms)} with the governor, {len(one.false_alarms_ungoverned)} without"
            + "".join(f"\n  day {alarm.day}: {alarm.series}, {alarm.words}" for alarm in one.false_alarms),
            markup=False,
        )
        for failure in one.failures:
            screen().print(f"a turn failed: {failure}", markup=False)
        screen().print("")
    missed = list(unnoticed(found))
    screen().print("Not noticed, or not in time on all cases:" if missed else "Every event was noticed in time on all cases.")
    for words in missed:
        screen().print(f"  {words}", markup=False)


def row(event: EventResult) -> tuple[object, ...]:
    """An event's line."""
    steps = [one for one in event.steps if one.kind != "kept"]
    done = "; ".join(f"day {one.day}: {one.topic} {one.kind} to {one.level}" for one in steps) or "nothing"
    return (
        event.words,
        event.day,
        day(event.noticed),
        event.noticed.series if event.noticed else "",
        f"{day(event.on_all_cases)}{f', {event.on_all_cases.series}' if event.on_all_cases else ''}",
        done,
        f"{event.governed.wrong} / {event.ungoverned.wrong}",
        f"{event.governed.waited} / {event.ungoverned.waited}",
    )


def day(found: EventNoticed | None) -> str:
    """The day on which it was noticed, in words."""
    return f"day {found.day}, after {found.days}" if found else "never"


def unnoticed(found: list[SimulatedSeed]) -> Iterator[str]:
    """Say what was not noticed as soon as it was to be."""
    for one in found:
        for event in one.events:
            if event.noticed is None:
                yield f"seed {one.seed}: {event.words} (day {event.day}): never noticed"
            elif not event.in_time:
                yield (
                    f"seed {one.seed}: {event.words} (day {event.day}): on all cases {day(event.on_all_cases)} days, "
                    f"at most {event.within} were wanted"
                )
