"""An outage of the model: every call is refused while very many messages wait and people decide."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from handrail.domain.case.cases import CaseStatus
from handrail.drills.bench.stack.processes import Meter
from handrail.drills.bench.stack.readings import Waiting
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.customers import Letter
from handrail.drills.load.judging import AFTERWARDS_SECONDS, OutageSeen
from handrail.drills.load.plan import PLACES, LoadPlan
from handrail.drills.load.stage import SaidModel, staged

OPENING_AT_ONCE = 20
USUAL = 15
"""Decisions before the outage, to tell what they take on this machine as it is."""
PATIENCE = 5
"""Times the bound on the last reply for which it is waited: what comes late is a figure, too."""
LOOK_SECONDS = 0.5
Tell = Callable[[str], None]


async def outage(folder: Path, plan: LoadPlan, tell: Tell) -> OutageSeen:
    """Return what was seen of an outage. Raises: StackFailed: a part would not start, or nobody could decide."""
    async with staged(folder) as side:
        model = SaidModel(side)
        usual, asked = [await waiting_for_people(side, count) for count in (USUAL, max(1, round(plan.outage * plan.decided)))]
        undisturbed, _ = await decide_all(side, usual, plan.decided)
        tell(f"outage: {len(asked)} cases wait for people; now the model says no")
        letters = await side.customers.questions(plan.messages)
        before, began = await model.calls(), time.time()
        await model.refuse(plan.retry_after)
        opened = await open_all(side, letters)
        tell(f"outage: {len(opened)} messages wait after {time.time() - began:.0f} s")
        until, meter = asyncio.get_running_loop().time() + plan.outage, Meter(side.parts())
        decided, effects = await decide_all(side, asked, plan.decided)
        await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))
        calls, spent = await model.calls() - before, meter.per_piece(1)
        await model.think(plan.thinking)
        ended = time.time()
        tell(f"outage: over after {ended - began:.0f} s and {calls} calls")
        replied, to_people = await replies(side, opened, ended)
    return OutageSeen(
        messages=len(letters),
        seconds=ended - began,
        places=PLACES,
        calls=calls,
        cpu_seconds={part: ms / 1_000 for part, ms in spent.items() if part != "driver"},
        usual_ms=undisturbed,
        decided_ms=decided,
        effects_ms=effects,
        replied=replied,
        to_people=to_people,
    )


async def waiting_for_people(side: Side, count: int) -> list[Waiting]:
    """Have so many cases wait for an approval."""
    opened = await open_all(side, await side.customers.refunds(count))
    await loads.until_settled(side, opened, loads.LOOK_SECONDS)
    return await side.readings.approvals(opened)


async def open_all(side: Side, letters: Sequence[Letter]) -> list[str]:
    """Open a case for each letter, as fast as they are taken."""
    places, opened = asyncio.Semaphore(OPENING_AT_ONCE), list[str]()

    async def one(letter: Letter) -> None:
        async with places:
            opened.append(await loads.open_case(side, letter))

    await asyncio.gather(*(one(letter) for letter in letters))
    return opened


async def decide_all(side: Side, asked: Sequence[Waiting], per_second: float) -> tuple[list[float], list[float]]:
    """Approve so many a second; return milliseconds until each answer, and until each effect was committed."""
    sent: dict[str, float] = {}
    took = await loads.paced([partial(loads.decide, side, one, sent) for one in asked], per_second)
    applied = await loads.until_applied(side, [one.case_id for one in asked])
    return [one * 1_000 for one in took], [(at - sent[case_id]) * 1_000 for case_id, at in applied.items()]


async def replies(side: Side, case_ids: Sequence[str], since: float) -> tuple[list[float], int]:
    """Return seconds from a moment to each reply, and how many cases a person has; those that never came are left out."""
    deadline = time.time() + PATIENCE * AFTERWARDS_SECONDS
    while time.time() < deadline:
        found = await side.readings.settled(case_ids)
        if len(found) == len(case_ids):
            break
        await asyncio.sleep(LOOK_SECONDS)
    committed = await side.readings.replied(case_ids)
    people = sum(one.status in (CaseStatus.WITH_HUMAN, CaseStatus.AWAITING_APPROVAL) for one in found)
    return [at - since for at in committed.values()], people
