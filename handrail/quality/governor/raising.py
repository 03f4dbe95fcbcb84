"""Raising a topic again: the evidence of people's decisions, and the day on which it could be enough."""

from __future__ import annotations

import math
from datetime import date, timedelta

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.watch.governor import RaiseEvidence, RaiseProposal, ReviewCount
from handrail.quality.outcomes.statistics import wilson

RECENT_DAYS = 28
"""Days over which the present volume of decisions is taken."""
MOST_DECISIONS = 20_000


def raise_proposal(
    wanted: RaiseEvidence, counted: ReviewCount, level: Autonomy, held_by: str, owner: str | None, today: date
) -> RaiseProposal:
    """Return the evidence for a topic, and whether it is enough."""
    low = wilson(counted.approved, counted.decided, 0.95)[0] if counted.decided else None
    enough = low is not None and counted.decided >= wanted.decisions and low >= wanted.target
    needed = None if enough else decisions_needed(wanted, counted)
    a_day = counted.recent / RECENT_DAYS
    reachable = None
    if enough:
        reachable = today
    elif needed is not None and a_day > 0:
        reachable = today + timedelta(days=math.ceil((needed - counted.decided) / a_day))
    return RaiseProposal(
        topic=counted.topic,
        level=level,
        held_by=held_by,
        owner=owner,
        since=counted.since,
        approved=counted.approved,
        decided=counted.decided,
        low=low,
        target=wanted.target,
        enough=enough,
        reachable_on=reachable,
        words=_words(wanted, counted, low, enough=enough, needed=needed, a_day=a_day),
    )


def decisions_needed(wanted: RaiseEvidence, counted: ReviewCount) -> int | None:
    """Return the number of decisions from which the present share would be enough; None where it never is.

    Before the first decision every one is taken for approved unchanged.
    """
    share = counted.approved / counted.decided if counted.decided else 1.0
    if share <= wanted.target:
        return None
    low, high = max(wanted.decisions, counted.decided, 1), MOST_DECISIONS
    if wilson(round(share * high), high, 0.95)[0] < wanted.target:
        return None
    while low < high:
        middle = (low + high) // 2
        reached = wilson(math.floor(share * middle), middle, 0.95)[0] >= wanted.target
        low, high = (low, middle) if reached else (middle + 1, high)
    return low


def _words(
    wanted: RaiseEvidence, counted: ReviewCount, low: float | None, *, enough: bool, needed: int | None, a_day: float
) -> str:
    said = f"{counted.approved} of {counted.decided} approved unchanged since {counted.since:%Y-%m-%d}"
    bound = f", so at least {low:.1%}" if low is not None else ""
    if enough:
        return f"{said}{bound}: enough for {wanted.target:.0%}"
    if needed is None:
        return f"{said}{bound}: with this share {wanted.target:.0%} is never reached"
    pace = f"{a_day:.1f} decisions a day" if a_day else "nobody decides anything at present"
    return f"{said}{bound}: {needed} decisions would be enough for {wanted.target:.0%}; {pace}"
