"""`handrail chaos`: cases under faults by seed, and whether everything held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.drilling import heed_sigterm, progress
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.drills.chaos.mutants import Mutant

if TYPE_CHECKING:
    from handrail.drills.chaos.paths import ChaosPath
    from handrail.drills.chaos.plan import ChaosPlan
    from handrail.drills.chaos.results import ChaosReport

app = typer.Typer()
SHOWN = 20
"""Counter-examples of an invariant that are printed; the document holds all."""


Paths = Annotated[
    str,
    typer.Option("--paths", metavar="PATHS", help="Paths that customers take, with commas; `client` is always among them."),
]
Mutants = Annotated[
    list[Mutant] | None,
    typer.Option("--mutant", help="Run without this protection: it has to be caught. Repeatable.", show_default=False),
]


@app.command()
def chaos(
    cases: Annotated[int, typer.Option("--cases", min=1, max=5_000, help="Customers with a case each.")] = 12,
    kills: Annotated[int, typer.Option("--kills", min=0, max=1_000, help="Faults, one after the other.")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="The same numbers and seed give the same plan.")] = 1,
    longest_pause: Annotated[
        float, typer.Option("--longest-pause", min=1, max=30, help="Seconds that a fault lasts at most.")
    ] = 5.0,
    paths: Paths = "all",
    mutant: Mutants = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", dir_okay=False, metavar="FILE", help="Write every operation there.", show_default=False),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", file_okay=False, metavar="FOLDER", help="Leave data and logs there.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Kill and pause parts of a stack of its own under load; exit 1 where an invariant is broken, and say where."""
    from asyncio import CancelledError

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.drills.chaos.plan import planned

    plan = planned(cases, kills, seed, longest_pause=longest_pause, mutants=mutant or (), paths=paths_here(paths))
    check_places(log, keep)
    try:
        found = run_async(work(plan, log, keep))
    except CancelledError:
        raise KeyboardInterrupt from None
    print_document({**found.model_dump(mode="json"), "passed": found.passed}) if as_json else show(found)
    if not found.passed:
        raise typer.Exit(Exit.UNEXPECTED)


def paths_here(text: str) -> frozenset[ChaosPath]:
    """Return the paths, without what `all` cannot have on this machine. Raises: InvalidInput."""
    from handrail.domain.errors import InvalidInput
    from handrail.drills.chaos.outside.disk import can_mount
    from handrail.drills.chaos.outside.mailing import check_packages
    from handrail.drills.chaos.paths import ChaosPath, paths_of

    wanted = paths_of(text)
    if ChaosPath.MAIL in wanted:
        check_packages()
    if ChaosPath.DISK not in wanted or can_mount():
        return wanted
    if ChaosPath.DISK in [one.strip() for one in text.split(",")]:
        raise InvalidInput("--paths: `disk` needs root, and a Linux that lets it mount a tmpfs. Leave it out.")
    progress("without a full disk: that needs root, and a Linux that lets it mount a tmpfs")
    return wanted - {ChaosPath.DISK}


def check_places(log: Path | None, keep: Path | None) -> None:
    """Raises: InvalidInput: the log cannot be written there, or the folder holds something."""
    from handrail.domain.errors import InvalidInput

    if log and not log.resolve().parent.is_dir():
        raise InvalidInput(f"--log: there is no folder {log.resolve().parent}. Create it, or name another file.")
    if keep and keep.exists() and any(keep.iterdir()):
        raise InvalidInput(f"--keep: {keep} is not empty. Name a folder that is, or that is not there yet.")


async def work(plan: ChaosPlan, log: Path | None, keep: Path | None) -> ChaosReport:
    """Run the drill; SIGTERM ends it as Ctrl-C does, with everything stopped."""
    from handrail.drills.chaos.run import chaos as run

    heed_sigterm()
    return await run(plan, progress, log, keep)


def show(found: ChaosReport) -> None:
    """The tables of operations, faults and invariants, then every counter-example."""
    from handrail.cli.common.tables import print_rows, screen
    from handrail.domain.counting import many

    mutant = f", mutant {found.mutant}" if found.mutant else ""
    screen().print(
        f"plan {found.plan} of seed {found.seed}: {many(found.cases, 'case')}, {many(len(found.faults), 'fault')}{mutant}; "
        f"{found.seconds:.0f} s"
    )
    print_rows(
        ("operation", "ok", "fail", "unknown"), [(one.act, one.ok, one.fail, one.unknown) for one in found.operations], ""
    )
    screen().print("")
    print_rows(("fault", "part", "away s", "progress after s"), list(faults(found)), "none")
    if found.progress:
        screen().print(f"progress after heal: p50 {found.progress.p50:.2f} s, p99 {found.progress.p99:.2f} s")
    screen().print("")
    held = [(one.name, one.looked_at, len(one.broken) or "") for one in found.invariants]
    print_rows(("invariant", "held against", "broken"), held, "")
    for line in broken(found):
        screen().print(line, markup=False)
    screen().print("everything held" if found.passed else "BROKEN: see above")


def faults(found: ChaosReport) -> Iterator[tuple[object, ...]]:
    """A line for each fault."""
    for one in found.faults:
        yield (one.kind, one.part, f"{one.away:.1f}", "never" if one.progress is None else f"{one.progress:.2f}")


def broken(found: ChaosReport) -> Iterator[str]:
    """A line for each counter-example."""
    for one in found.invariants:
        for example in one.broken[:SHOWN]:
            yield f"{one.name}: case {example.case_id or '-'}: {example.seen}"
        if len(one.broken) > SHOWN:
            yield f"{one.name}: and {len(one.broken) - SHOWN} more; --json prints all"
