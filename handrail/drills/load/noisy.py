"""A noisy customer: very many cases at once, while others write at a steady pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.customers import Letter
from handrail.drills.load.judging import RoundSeen
from handrail.drills.load.outage import OPENING_AT_ONCE
from handrail.drills.load.plan import LoadPlan
from handrail.drills.load.stage import SaidModel, staged

CHANNEL = "drill"
"""On it a second question about the same thing does not go to a person, which would cost less."""
Tell = Callable[[str], None]


async def noisy(folder: Path, plan: LoadPlan, tell: Tell) -> list[RoundSeen]:
    """Return what others waited for, round by round; every second round begins with the noisy one.

    Raises:
        StackFailed: a part would not start, or cases were not answered.
    """
    found = list[RoundSeen]()
    async with staged(folder) as side:
        await SaidModel(side).think(plan.thinking)
        for number in range(plan.rounds):
            took: dict[bool, list[float]] = {}
            for loud in (True, False) if number % 2 else (False, True):
                took[loud] = await one_round(side, plan, plan.flood if loud else 0)
            found.append(RoundSeen(quiet_ms=took[False], noisy_ms=took[True]))
            tell(f"noisy: round {number + 1} of {plan.rounds}")
    return found


async def one_round(side: Side, plan: LoadPlan, flood: int) -> list[float]:
    """Open others' cases at their pace, behind the noisy customer's; return milliseconds until each reply was committed."""
    letters = await side.customers.questions(plan.others)
    (loud,) = await side.customers.questions(1)
    sent, noise = dict[str, float](), list[str]()
    flooding = asyncio.create_task(flooded(side, loud, flood, noise))
    try:
        await loads.paced([partial(opened, side, letter, sent) for letter in letters], plan.pace)
        await flooding
    finally:
        flooding.cancel()
    loads.check_answered(await loads.until_settled(side, list(sent), loads.LOOK_SECONDS))
    await loads.until_settled(side, noise, loads.LOOK_SECONDS)
    committed = await side.readings.replied(list(sent))
    await asyncio.sleep(loads.TRAILING_SECONDS)
    return [(committed[case_id] - at) * 1_000 for case_id, at in sent.items()]


async def opened(side: Side, letter: Letter, sent: dict[str, float]) -> float:
    """Open a case and note when it was sent."""
    began = time.time()
    sent[await loads.open_case(side, letter)] = began
    return time.time() - began


async def flooded(side: Side, letter: Letter, count: int, noise: list[str]) -> None:
    """Open so many cases of one customer, as fast as they are taken."""
    places = asyncio.Semaphore(OPENING_AT_ONCE)

    async def one() -> None:
        case_id = f"noise-{uuid4().hex[:16]}"
        async with places:
            await side.cases.open_case(case_id, letter.customer_id, letter.text, channel=CHANNEL)
        noise.append(case_id)

    await asyncio.gather(*(one() for _ in range(count)))
