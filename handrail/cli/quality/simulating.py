"""`handrail simulate`: a business with customers and planted events, played fast through everything that watches it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.domain.counting import many
from handrail.simulation.plan import Mistake, PlantedEvent, PlantedKind, SimulationPlan

if TYPE_CHECKING:
    from handrail.simulation.report import EventNoticed, EventResult, SimulatedSeed, Speed

app = typer.Typer()
STANDARD = SimulationPlan()


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
    mistake: Annotated[Mistake, typer.Option(help="What the edited policy does to refunds.")] = STANDARD.mistake,
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

    planted = {PlantedKind.MODEL: model_day, PlantedKind.POLICY: policy_day, PlantedKind.NOVEL: request_day}
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
    """Print every seed's events, and below them what was not noticed."""
    from handrail.cli.common.tables import screen

    for one in found:
        for line in lines(one):
            screen().print(line, markup=False, soft_wrap=True, highlight=False)
    missed = list(unnoticed(found))
    screen().print("Not noticed, or not in time on all cases:" if missed else "Every event was noticed in time on all cases.")
    for words in missed:
        screen().print(f"  {words}", markup=False, soft_wrap=True, highlight=False)


def lines(one: SimulatedSeed) -> Iterator[str]:
    """Yield the lines about one seed."""
    period = f"{one.days} days behind {one.quiet_days} quiet ones"
    yield f"seed {one.seed}: {period}, {one.cases:,} cases, {one.watched} series watched"
    for event in one.events:
        yield f"  day {event.day}: {event.words}{f' ({one.mistake})' if event.kind is PlantedKind.POLICY else ''}"
        yield f"    noticed       {told_of(event.noticed)}"
        if event.on_all_cases != event.noticed:
            yield f"    on all cases  {told_of(event.on_all_cases)}"
        yield f"    governor      {steps(event)}"
        yield f"    mended        {f'before day {event.mended_on}' if event.mended_on else 'never'}"
        yield f"    wrong         {event.governed.wrong} customers with the governor, {event.ungoverned.wrong} without"
        yield f"    waited        {event.governed.waited} customers with the governor, {event.ungoverned.waited} without"
    yield f"  reviewers decided {one.reviews:,} times with the governor, {one.reviews_ungoverned:,} without"
    yield f"  false alarms: {len(one.false_alarms)} with the governor, {len(one.false_alarms_ungoverned)} without"
    yield from (f"    day {alarm.day}: {alarm.series}, {alarm.words}" for alarm in one.false_alarms)
    yield from (f"  a turn failed: {failure}" for failure in one.failures)


def told_of(found: EventNoticed | None) -> str:
    """The alarm in words."""
    return f"day {found.day}, within {many(found.days, 'day')}: {found.series}, {found.words}" if found else "never"


def steps(event: EventResult) -> str:
    """The governor's steps in words; a topic that was down already is left out."""
    taken = (one for one in event.steps if one.kind != "kept")
    said = (
        f"day {one.day}: {'people asked' if one.kind == 'paged' else one.topic}"
        f"{'' if one.kind == 'paged' else f' to {one.level}'}"
        for one in taken
    )
    return "; ".join(dict.fromkeys(said)) or "nothing"


def unnoticed(found: list[SimulatedSeed]) -> Iterator[str]:
    """Say what was not noticed as soon as it was to be."""
    for one in found:
        for event in one.events:
            if event.noticed is None:
                yield f"seed {one.seed}: {event.words} (day {event.day}): never noticed"
            elif not event.in_time:
                late = f"after {event.on_all_cases.days} days" if event.on_all_cases else "never"
                words = f"on all cases {late}, at most {event.within} were wanted"
                yield f"seed {one.seed}: {event.words} (day {event.day}): {words}"
