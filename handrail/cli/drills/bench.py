"""`handrail bench`: how fast cases are, beside what Temporal itself can do and beside another build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.drilling import heed_sigterm, progress
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.domain.counting import many
from handrail.drills.bench.measures import EVERYTHING, SHORT, Measure

if TYPE_CHECKING:
    from handrail.drills.bench.plan import BenchPlan
    from handrail.drills.bench.statistics.results import Bench, Cell, Compared

app = typer.Typer()
Beside = typer.Option(
    "--beside",
    metavar="FOLDER|encrypted|traced|watched",
    help="Another checkout with its .venv, or this one with encryption, figures and traces, or all three, in turn.",
    show_default=False,
)
PARTS = ("worker", "api", "temporal", "postgres", "model")


@app.command()
def bench(
    measure: Annotated[
        list[Measure] | None, typer.Option("--measure", help="Only this; may be given again.", show_default="all")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=5, help="How often each arm has its turn.")] = 5,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=16, help="Workers of the second arm.", show_default="2, quick 1")
    ] = None,
    in_flight: Annotated[
        int | None, typer.Option("--in-flight", min=1, max=500, help="Cases at once.", show_default="50")
    ] = None,
    cases: Annotated[int | None, typer.Option("--cases", min=2, help="Plain cases in a turn.", show_default="150")] = None,
    beside: Annotated[Path | None, Beside] = None,
    obvious: Annotated[bool, typer.Option("--obvious/--no-obvious", help="Take the obvious LangGraph app along.")] = True,
    soak: Annotated[
        int | None, typer.Option("--soak", min=100, show_default="none", help="So many cases in a row: does the rate hold?")
    ] = None,
    waiting: Annotated[
        int | None,
        typer.Option("--waiting", min=50, show_default="none", help="Memory and disk that so many waiting cases take."),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile", metavar="FILE.svg", help="Draw what the worker's processor time goes into.", show_default=False
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small turns: under two minutes, and a rough picture.")] = False,
    as_json: Json = False,
) -> None:
    """Measure on stacks of the bench's own; exit 3 where arms of the same kind differ, so that no ratio counts."""
    from asyncio import CancelledError

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.drills.bench.plan import QUICK, BenchPlan, Sizes

    sizes = QUICK if quick else Sizes()
    sizes = replace(sizes, in_flight=in_flight or sizes.in_flight, cases=cases or sizes.cases)
    chosen = tuple(measure) if measure else SHORT if quick else EVERYTHING
    plan = BenchPlan(
        chosen, rounds, sizes, processes or (1 if quick else 2), beside, soak or 0, waiting or 0, profile is not None
    )
    try:
        found = run_async(work(plan, app=obvious))
    except CancelledError:
        raise KeyboardInterrupt from None
    if profile:
        from handrail.drills.bench.profile.picture import svg

        profile.write_text(svg(found.profile), encoding="utf-8")
    print_document(found) if as_json else show(found)
    if found.refused:
        raise typer.Exit(Exit.REFUSED)


async def work(plan: BenchPlan, *, app: bool) -> Bench:
    """Run the bench; SIGTERM ends it as Ctrl-C does, with everything stopped."""
    from handrail.drills.bench.run import bench as run

    heed_sigterm()
    return await run(plan, progress, app=app)


def show(found: Bench) -> None:
    """The tables, then why ratios are missing."""
    from handrail.cli.common.tables import print_rows, screen

    machine = found.machine
    screen().print(
        f"{machine.cores} cores, {machine.system}, Python {machine.python}; load {machine.load:g} before the start; "
        f"{found.rounds} rounds, {found.seconds:.0f} s"
    )
    for name, where in found.sides.items():
        screen().print(f"{name}: {where}", markup=False)
    parts = [part for part in PARTS if any(part in one.cpu_ms for cell in found.cells for one in cell.rounds)]
    heads = ("measure", "arm", "side", "median", "± MAD", "p50 ms", "p99 ms", *(f"{part} CPU ms" for part in parts))
    print_rows(heads, [row(cell, parts) for cell in found.cells], "")
    if found.compared:
        screen().print("")
        print_rows(("measure", "figure", "arm", "of", "ratio", "95 %", "at most"), [*ratios(found.compared)], "")
    if found.readings:
        screen().print("")
        rows = [(one.figure, one.side, f"{one.value:,.6g}", one.unit, bound(one.at_most)) for one in found.readings]
        print_rows(("figure", "side", "value", "", "at most"), rows, "")
    if found.profile:
        screen().print("")
        spent = [(one.part, f"{one.ms:.1f}", f"{one.share:.0%}") for one in found.profile]
        print_rows(("part of the worker", "CPU ms per case", "share"), spent, "")
    for cell in found.cells:
        if cell.strays:
            screen().print(
                f"{cell.measure}, {cell.arm}, {cell.side}: {many(cell.strays, 'case was', 'cases were')} not answered"
            )
    for reason in found.refused:
        screen().print(f"no ratio: {reason}", markup=False)


def bound(at_most: float | None) -> str:
    """Return what is promised, in words; nothing where nothing is."""
    return "" if at_most is None else f"{at_most:g}"


def row(cell: Cell, parts: Sequence[str]) -> tuple[object, ...]:
    """An arm's line."""
    latencies = (f"{cell.latency(0.5):.1f}", f"{cell.latency(0.99):.1f}") if cell.timed else ("", "")
    unit = "ms" if cell.timed else "/s"
    cpu = (f"{cell.cpu(part):.1f}" if any(one.cpu_ms for one in cell.rounds) else "" for part in parts)
    return (cell.measure, cell.arm, cell.side, f"{cell.middle:.1f} {unit}", f"{cell.spread:.1f}", *latencies, *cpu)


def ratios(compared: list[Compared]) -> Iterator[tuple[object, ...]]:
    """A line for each comparison."""
    for one in compared:
        ratio = one.ratio
        shown = (f"{ratio.value:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}") if ratio else ("none", "see below")
        yield (one.measure, one.figure, one.arm, one.of, *shown, bound(one.at_most))
