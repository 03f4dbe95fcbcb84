"""A drill of load from first to last part, each on a stack of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from handrail.drills.load.judging import noisy_figures, outage_figures, turns_figures, waiting_figures
from handrail.drills.load.noisy import noisy
from handrail.drills.load.outage import outage
from handrail.drills.load.parts import LoadPart
from handrail.drills.load.plan import LoadPlan
from handrail.drills.load.results import LoadFigure, LoadReport
from handrail.drills.load.turns import turns
from handrail.drills.load.waiting import waiting
from handrail.shop.demonstration.seeding import SEED

Tell = Callable[[str], None]
Part = Callable[[Path, LoadPlan, Tell], Awaitable[list[LoadFigure]]]


async def _outage(folder: Path, plan: LoadPlan, tell: Tell) -> list[LoadFigure]:
    return outage_figures(await outage(folder, plan, tell))


async def _noisy(folder: Path, plan: LoadPlan, tell: Tell) -> list[LoadFigure]:
    return noisy_figures(await noisy(folder, plan, tell))


async def _waiting(folder: Path, plan: LoadPlan, tell: Tell) -> list[LoadFigure]:
    return waiting_figures(*await waiting(folder, plan, tell))


async def _turns(folder: Path, plan: LoadPlan, tell: Tell) -> list[LoadFigure]:
    return turns_figures(await turns(folder, plan, tell))


PARTS: dict[LoadPart, Part] = {
    LoadPart.OUTAGE: _outage,
    LoadPart.NOISY: _noisy,
    LoadPart.WAITING: _waiting,
    LoadPart.TURNS: _turns,
}


async def load(plan: LoadPlan, tell: Tell) -> LoadReport:
    """Run the parts that the plan names, one after the other; `tell` hears how far it has come.

    Raises:
        StackFailed: a part of a stack would not start, or cases went another way than they should.
    """
    began, busy = time.monotonic(), os.getloadavg()[0]
    figures: list[LoadFigure] = []
    for part in plan.parts:
        tell(f"{part}: starting a stack")
        with tempfile.TemporaryDirectory(prefix="handrail-load-", ignore_cleanup_errors=True) as folder:
            figures += await PARTS[part](Path(folder), plan, tell)
    return LoadReport(
        cores=os.cpu_count() or 1,
        load=round(busy, 2),
        seed=SEED,
        seconds=round(time.monotonic() - began, 1),
        figures=figures,
    )
