"""Waiting for a turn through the record: no worker is asked, so nothing hangs where none runs."""

from __future__ import annotations

import asyncio

from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.ports.front.access import CaseRecord
from handrail.temporal.cases.client import settled

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.2


async def turn_ended(record: CaseRecord, case_id: str, turn: int, seconds: float) -> CaseView | None:
    """Return the case as soon as the turn has ended and somebody else has the word; None where it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    pause, seen = FIRST_PAUSE, -1
    while True:
        version = await record.version(case_id)
        if version is not None and version != seen:
            seen, view = version, await record.show(case_id)
            if view.turn >= turn and settled(view):
                return view
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return None
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)


def next_turn(turn: int, status: str, *, duplicate: bool) -> int:
    """Return the turn that a message is answered in."""
    waited = status in (CaseStatus.RESOLVED, CaseStatus.AWAITING_CUSTOMER)
    return turn + 1 if waited and not duplicate else turn
