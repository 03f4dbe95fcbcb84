"""`handrail drill hostile`: a model that proposes whatever it should not, and whether everything held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.drills.hostile.mutants import HostileMutant

if TYPE_CHECKING:
    from handrail.drills.hostile.results import HostileReport

SHOWN = 5
"""Counter-examples of an invariant that are printed; the document holds up to 20."""


def hostile(
    proposals: Annotated[int, typer.Option("--proposals", min=1, max=1_000_000, help="Proposals to make, at least.")] = 1_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same model, customers and people.")] = 1,
    mutant: Annotated[
        HostileMutant | None,
        typer.Option("--mutant", help="Run without this protection: it has to be caught.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a hostile model propose against the graph of the example business; exit 1 where an invariant is broken.

    The nodes are the worker's own, the model a server of its own; the database is thrown away.
    """
    from rich.progress import Progress

    from handrail.cli.common.drilling import end
    from handrail.cli.common.tables import screen
    from handrail.cli.common.world import environment
    from handrail.drills.hostile.run import hostile as run
    from handrail.drills.hostile.stage import HostilePlan, arena

    plan = HostilePlan(proposals, seed, mutant)
    with arena(environment(), seed) as settings, Progress(console=screen(), transient=True, disable=as_json) as progress:
        task = progress.add_task("proposals", total=proposals)
        found = run_async(run(settings, plan, lambda made: progress.update(task, completed=made)))
    end(found.model_dump(mode="json"), lambda: show(found), passed=found.passed, as_json=as_json)


def show(found: HostileReport) -> None:
    """The counts, what was held against what, then every counter-example."""
    from handrail.cli.common.tables import print_pairs, print_rows, screen

    print_pairs(
        [
            ("seed", f"{found.seed}{f', mutant {found.mutant}' if found.mutant else ''}"),
            ("proposed", f"{found.proposals} in {found.cases} cases and {found.steps} steps, {found.seconds:.0f} s"),
            ("ruled", counted(found.ruled)),
            ("decided", counted(found.decisions)),
            ("applied", f"{counted(found.effects)}; with a person's yes: {found.approved_effects}"),
            ("replies sent", str(found.replies)),
            ("to people", counted(found.reasons)),
            ("slowest step", f"{found.slowest.seconds:.2f} s of the processor: {found.slowest.doing}"),
        ]
    )
    screen().print("")
    print_rows(
        ("invariant", "held against", "broken"),
        [(one.name, one.looked_at, len(one.broken) or "") for one in found.invariants],
        "",
    )
    for line in broken(found):
        screen().print(line, markup=False)
    screen().print("everything held" if found.passed else "BROKEN: see above")


def counted(counts: dict[str, int]) -> str:
    """Counts by name on a line."""
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "nothing"


def broken(found: HostileReport) -> Iterator[str]:
    """A paragraph for each counter-example."""
    for one in found.invariants:
        for example in one.broken[:SHOWN]:
            yield f"{one.name}: seed {example.seed}, step {example.step} ({example.doing}): {example.seen}"
            yield from (f"  proposed: {line}" for line in example.proposed)
