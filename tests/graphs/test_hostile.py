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
MUTANT = 300


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


async def test_arguments_that_nothing_binds_are_caught_by_their_name() -> None:
    # What is repeated is held by a rule of its own first, so that not every game comes to it.
    for seed in (8, 9, 10):
        found = await played(MUTANT, seed, HostileMutant.UNBOUND_ARGUMENTS)
        broken = {one.name: one.broken for one in found.invariants if one.broken}
        if broken:
            break
    assert "no arguments changed" in broken
    assert broken["no arguments changed"][0].step > 0
