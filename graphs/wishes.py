"""Wishes of several topics in one message: a turn does the one that is surest, and what is left is never lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.case.classification import FurtherWish
from handrail.domain.case.handoffs import Escalation

FURTHER = "further_wish"


def still(left: Sequence[FurtherWish], new: Sequence[FurtherWish], topic: str) -> list[FurtherWish]:
    """List the wishes that a turn about `topic` leaves: of each topic the newest words."""
    return list({one.topic: one for one in [*left, *new] if one.topic != topic}.values())


def for_people(left: Sequence[FurtherWish]) -> Escalation:
    """Return why a person gets the case of which these wishes are left: no turn was routed by them, nor checked for them."""
    topics = ", ".join(one.topic.replace("_", " ") for one in left)
    return Escalation(reason=FURTHER, words=f"The customer also writes about {topics}, and the agent has done the rest.")
