"""A hostile model on the real graph: everything holds, and where a protection is missing an invariant says so by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handrail.drills.hostile.mutants import HostileMutant
from handrail.drills.hostile.results import HostileReport
from handrail.drills.hostile.run import hostile
from handrail.drills.hostile.stage import HostilePlan, arena
from handrail.settings import Settings

SHORT = 150
CAUGHT = {
    HostileMutant.UNWATCHED_SUMS: "no sum beyond its window",
    HostileMutant.UNBOUND_ARGUMENTS: "no arguments changed",
    HostileMutant.UNREAD_SWITCH: "nothing under the switch",
    HostileMutant.ANYBODYS_ORDERS: "no effect on another's",
}


@asynccontextmanager
async def fought(seed: int) -> AsyncIterator[Settings]:
    """A database and a hostile model; they are child processes, so this loop is not held up by their start."""
    servers = arena(Settings(), seed)
    yield await asyncio.to_thread(servers.__enter__)
    await asyncio.to_thread(servers.__exit__, None, None, None)


async def played(proposals: int, seed: int, mutant: HostileMutant | None = None) -> HostileReport:
    async with fought(seed) as settings:
        return await hostile(settings, HostilePlan(proposals, seed, mutant), lambda made: None)


async def test_whatever_a_model_proposes_everything_holds() -> None:
    found = await played(SHORT, 11)
    assert found.passed, [example for one in found.invariants for example in one.broken]
    assert found.proposals >= SHORT
    assert {"allow", "block", "require_approval"} <= found.ruled.keys(), "nothing was tried"
    assert sum(found.effects.values()) > 0, "nothing was done, so nothing could have been done wrongly"


async def test_a_sum_that_nobody_watches_is_caught_by_its_name() -> None:
    mutant = HostileMutant.UNWATCHED_SUMS
    found = await played(300, 3, mutant)
    assert CAUGHT[mutant] in {one.name for one in found.invariants if one.broken}
