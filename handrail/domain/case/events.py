"""Events of a case: what a backend, a page or a webhook follows, numbered in the order of commits."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored


class EventKind(StrEnum):
    """The kinds of events. New ones may come: a reader passes over those it does not know."""

    OPENED = "opened"
    MESSAGE = "message"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_WITHDRAWN = "message.withdrawn"
    REPLY = "reply"
    STATUS = "status"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    DECIDED = "decided"
    EFFECT = "effect"
    HANDOFF = "handoff"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    RATED = "rated"


class CaseEvent(Stored):
    """An event of a case. `sequence` counts within the case from 1, `position` over all cases; neither has gaps."""

    case_id: str
    sequence: int
    position: int
    kind: EventKind
    at: datetime = Field(description="when it was committed, in UTC")
    body: dict[str, Any] = Field(default_factory=dict, description="ids and statuses")
    text: str | None = Field(default=None, description="the words of a message or a reply, for readers of the case itself")


CUSTOMER_SEES: dict[EventKind, frozenset[str]] = {
    EventKind.OPENED: frozenset({"channel"}),
    EventKind.MESSAGE: frozenset({"message_id", "author", "turn", "corrects"}),
    EventKind.MESSAGE_EDITED: frozenset({"message_id", "correction"}),
    EventKind.MESSAGE_WITHDRAWN: frozenset({"message_id"}),
    EventKind.REPLY: frozenset({"message_id", "author", "turn", "approved"}),
    EventKind.STATUS: frozenset({"status", "before"}),
    EventKind.WAITING: frozenset({"for"}),
    EventKind.ASSIGNED: frozenset(),
    EventKind.RESOLVED: frozenset({"status", "before"}),
    EventKind.REOPENED: frozenset({"status", "before"}),
    EventKind.CLOSED: frozenset({"status", "before"}),
    EventKind.RATED: frozenset({"survey_id", "csat", "nps", "solved"}),
}
"""What the case's own customer may read of each kind; of a kind that is not here, nothing."""


def for_customer(event: CaseEvent) -> CaseEvent | None:
    """Return the event as the case's customer may read it, None where it is not theirs to read.

    Decisions, effects, packets, and who works on a case stay in the house.
    """
    seen = CUSTOMER_SEES.get(event.kind)
    if seen is None:
        return None
    return event.model_copy(update={"body": {name: value for name, value in event.body.items() if name in seen}})
