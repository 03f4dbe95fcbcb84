"""Turns that fail or are lost where a test says."""

from __future__ import annotations

import asyncio
from typing import Any

from graphs.state import CaseState
from graphs.turn import TurnResult
from tests.support.small import World, key, killed, wanted

WHOLE = ["ask", "rule", "act", "ask", "rule", "act", "finish"]


def reason(result: TurnResult) -> str | None:
    return result.failure.reason if result.failure else None


def once(world: World, name: str, error: Exception, *, times: int = 1) -> None:
    """Have the node fail the next `times`, before it does anything."""
    left = [error] * times

    async def fail(state: CaseState) -> None:
        if left:
            raise left.pop()

    world.before[name] = fail


async def lost_at(world: World, name: str, *, round: int = 1, after: bool = False, **edits: Any) -> None:
    """A first attempt at the turn whose worker dies where the node begins, or where it has done its work."""
    there = asyncio.Event()

    async def die(state: CaseState) -> None:
        if state.step >= round:
            there.set()
            await asyncio.Event().wait()

    (world.after if after else world.before)[name] = die
    await killed(world.machine(**edits).begin(wanted(), key()), there)
    world.before.clear()
    world.after.clear()


async def idle(state: CaseState) -> dict[str, Any]:
    """Return that nothing is absent."""
    return {"absent": []}
