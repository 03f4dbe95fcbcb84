"""`handrail drill load`: a model that says no, a noisy customer, very many waiting cases, a very long case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.drilling import end, heed_sigterm, progress
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.drills.load.parts import EVERY_PART, LoadPart

if TYPE_CHECKING:
    from handrail.drills.load.plan import LoadPlan
    from handrail.drills.load.results import LoadFigure, LoadReport


def load(
    part: Annotated[
        list[LoadPart] | None, typer.Option("--part", help="Only this; may be given again.", show_default="all")
    ] = None,
    messages: Annotated[int, typer.Option("--messages", min=1, max=10_000, help="outage: so many wait for the model.")] = 500,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=600, help="outage: how long the model says no.")] = 60.0,
    retry_after: Annotated[
        int, typer.Option("--retry-after", min=1, max=600, help="outage: for how long it asks for patience.")
    ] = 5,
    flood: Annotated[int, typer.Option("--flood", min=1, help="noisy: cases of one customer at once.")] = 60,
    others: Annotated[int, typer.Option("--others", min=2, help="noisy: cases of others, in each round.")] = 40,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="noisy, waiting: how often each is measured.")] = 5,
    fewer: Annotated[int, typer.Option("--fewer", min=50, help="waiting: cases of the first measurement.")] = 1_000,
    waiting: Annotated[int, typer.Option("--waiting", min=100, help="waiting: cases of the second one.")] = 20_000,
    turns: Annotated[int, typer.Option("--turns", min=15, max=450, help="turns: of the one case.")] = 300,
    as_json: Json = False,
) -> None:
    """Load stacks of its own and hold each figure against its bound; exit 1 where one is missed."""
    from asyncio import CancelledError

    from handrail.domain.errors import InvalidInput
    from handrail.drills.load.plan import LoadPlan

    if fewer >= waiting:
        raise InvalidInput(f"--waiting: {waiting:,} are not more than the {fewer:,} of --fewer. Name a larger number.")
    sizes = {"messages": messages, "retry_after": retry_after, "flood": flood, "others": others, "rounds": rounds}
    sizes |= {"fewer": fewer, "waiting": waiting, "turns": turns}
    plan = LoadPlan(parts=tuple(part) if part else EVERY_PART, outage=seconds, **sizes)
    try:
        found = run_async(work(plan))
    except CancelledError:
        raise KeyboardInterrupt from None
    end(found.model_dump(mode="json"), lambda: show(found), passed=found.passed, as_json=as_json)


async def work(plan: LoadPlan) -> LoadReport:
    """Run the drill; SIGTERM ends it as Ctrl-C does, with everything stopped."""
    from handrail.drills.load.run import load as run

    heed_sigterm()
    return await run(plan, progress)


def show(found: LoadReport) -> None:
    """Print the figures, each beside its bound."""
    from handrail.cli.common.tables import print_rows, screen

    screen().print(
        f"{found.cores} cores; load {found.load:g} before the start; customers of seed {found.seed}; {found.seconds:.0f} s"
    )
    heads = ("part", "figure", "value", "", "from", "to", "at most", "")
    print_rows(heads, [row(one) for one in found.figures], "")
    missed = len(found.missed)
    screen().print("every bound holds" if found.passed else f"MISSED: {missed} of the bounds, see above")


def row(one: LoadFigure) -> tuple[str, ...]:
    """Return a figure's line."""
    spread = tuple("" if value is None else f"{value:,.6g}" for value in (one.low, one.high, one.at_most))
    verdict = {None: "", True: "met", False: "MISSED"}[one.met]
    return (one.part, one.figure, f"{one.value:,.6g}", one.unit, *spread, verdict)
