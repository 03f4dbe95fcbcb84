"""`handrail drill deploys`: two builds in turn under load, then very many builds on one name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.drilling import end, heed_sigterm, progress
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async

if TYPE_CHECKING:
    from handrail.drills.deploys.alternating import AlternationReport
    from handrail.drills.deploys.many import ManyReport


def deploys(
    minutes: Annotated[float, typer.Option("--minutes", min=0, max=120, help="Two builds take turns for so long.")] = 1.0,
    every: Annotated[float, typer.Option("--every", min=1, help="Seconds from one deployment to the next.")] = 20.0,
    seed: Annotated[int, typer.Option("--seed", help="The same length and seed give the same load.")] = 1,
    many: Annotated[
        int, typer.Option("--many", min=0, max=1_000, help="Then so many builds one after the other, and one that serves.")
    ] = 0,
    cases: Annotated[
        int | None, typer.Option("--cases", min=1, help="Customers of the first.", show_default="one each 0.7 s")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", file_okay=False, help="Leave data and logs of the first there.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Deploy under load on a stack of its own; exit 1 where a case is lost or stuck, or too many reach people by it."""
    from asyncio import CancelledError

    try:
        turns, row = run_async(work(minutes * 60, every, seed, many, keep, cases))
    except CancelledError:
        raise KeyboardInterrupt from None
    found = [one for one in (turns, row) if one is not None]

    def show() -> None:
        show_turns(turns) if turns else None
        show_many(row) if row else None

    document = {"reports": [one.model_dump(mode="json") for one in found]}
    end(document, show, passed=all(one.passed for one in found), as_json=as_json)


async def work(
    seconds: float, every: float, seed: int, many: int, keep: Path | None, cases: int | None
) -> tuple[AlternationReport | None, ManyReport | None]:
    """Run what was asked for; SIGTERM ends it as Ctrl-C does, with everything stopped."""
    from handrail.drills.deploys.alternating import alternate
    from handrail.drills.deploys.many import many as deployed

    heed_sigterm()
    turns = await alternate(seconds, every, seed, progress, keep, cases) if seconds else None
    return turns, await deployed(many, progress) if many else None


def show_turns(found: AlternationReport) -> None:
    """Print what came of two builds in turn."""
    from handrail.cli.common.tables import plain, print_pairs, screen
    from handrail.cli.drills.chaos import broken

    waits = [one.promoted for one in found.deploys]
    held = {one.name: one for one in found.load.invariants}
    print_pairs(
        [
            ("deployments", f"{len(found.deploys)}, one every {found.every:g} s, seed {found.seed}"),
            ("from start to current", f"{min(waits):.1f} to {max(waits):.1f} s"),
            ("cases", f"{found.load.cases} in {found.load.seconds:.0f} s"),
            ("stuck", str(len(held["no case stuck"].broken))),
            ("lost", f"{len(held['no case lost'].broken)} cases, {len(held['no message lost'].broken)} messages"),
            ("to a person because of it", f"{len(found.to_people)}, {found.share:.2%}"),
            ("invariants broken", str(sum(1 for one in held.values() if one.broken))),
        ]
    )
    for line in [*broken(found.load), *found.to_people]:
        screen().print(plain(line))


def show_many(found: ManyReport) -> None:
    """Print what came of very many builds."""
    from handrail.cli.common.tables import print_pairs

    print_pairs(
        [
            ("deployments on one name", f"{found.deploys} in {found.seconds:.0f} s, on a server that keeps {found.cap}"),
            ("slowest promotions", ", ".join(f"{one:.1f} s" for one in found.longest)),
            ("records deleted by promote", str(found.pruned)),
            ("versions left", str(found.versions_left)),
            ("case of the first build", found.old_case),
            ("new case", found.new_case),
        ]
    )
