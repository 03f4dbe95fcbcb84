"""Bodies of the HTTP API for people: decisions, what is done to a case that is with them, the queue, controls, limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from handrail.domain.access.limits import CallLimit
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.autonomy.controls import Control
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import Stored
from handrail.domain.case.messages import MAX_CHARACTERS, MAX_NAME
from handrail.domain.http.bodies import IDENTIFIER, HttpBody
from handrail.domain.team.commands import MAX_REASON

DEEPEST = 64
"""Levels of `arguments`: no tool has so many, and JSON writers give up beyond a few hundred."""


class DecisionBody(HttpBody):
    """A decision. Who decides is whom the key or token stands for; which revision they saw stands in `If-Match`."""

    decision: DecisionKind
    arguments: dict[str, Any] | None = Field(default=None, description="with `edit`: the fields that change")
    answer: str | None = Field(default=None, max_length=8_000, description="with `answer`: the person's words")
    note: str | None = Field(default=None, max_length=2_000)

    @field_validator("arguments")
    @classmethod
    def _flat_enough(cls, arguments: dict[str, Any] | None) -> dict[str, Any] | None:
        level: list[Any] = [arguments]
        for _ in range(DEEPEST):
            level = [inner for one in level for inner in _within(one)]
        if level:
            raise ValueError(f"is nested deeper than {DEEPEST} levels; send flatter fields")
        return arguments


def _within(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inside if isinstance(one, dict | list)]


class ClaimBody(HttpBody):
    """Take a case; `instead_of` names who has it and lets it go."""

    instead_of: str | None = Field(default=None, min_length=1, max_length=MAX_NAME)


class ReleaseBody(HttpBody):
    """Put a case back into its queue; there is nothing to say about it."""


class RecuseBody(HttpBody):
    """Leave a case to others that one should not decide."""

    reason: str = Field(min_length=1, max_length=MAX_REASON, description="why; the audit keeps it")


class ReplyBody(HttpBody):
    """An answer to the customer."""

    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    message_id: str | None = Field(default=None, pattern=IDENTIFIER, description="by default the Idempotency-Key")


class HandBackBody(HttpBody):
    """Give the case back to the agent, with what was found out."""

    note: str = Field(min_length=1, max_length=2_000)
    topic: str | None = Field(default=None, max_length=MAX_NAME)


class ResolveBody(HttpBody):
    """End the case, with a last reply or without."""

    note: str | None = Field(default=None, max_length=2_000)
    reply: str | None = Field(default=None, max_length=MAX_CHARACTERS)


class QueueItem(Stored):
    """A case that waits for a person."""

    case_id: str
    queue: str
    tier: int
    priority: int
    language: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    entered_at: datetime
    assignee: str | None = None
    holder: str | None = None
    lease_until: datetime | None = None


class QueuePage(Stored):
    """The queue: how many wait, are overdue and are held, and the first items in the order in which they are handed out."""

    waiting: int
    overdue: int
    held: int
    items: list[QueueItem]


class ControlBody(HttpBody):
    """A control to be set. `off` on `global` is the kill switch."""

    scope: str = Field(max_length=200, description="global, topic:NAME, tool:NAME or segment:NAME")
    level: Autonomy
    reason: str = Field(min_length=1, max_length=500, description="people read it with every case")
    minutes: int | None = Field(
        default=None, ge=1, le=43_200, strict=True, description="how long it holds; for good where it is null"
    )


class ClearBody(HttpBody):
    """Controls to be lifted."""

    scope: str = Field(max_length=200)
    reason: str = Field(min_length=1, max_length=500)


class ControlList(Stored):
    """Controls in force, or those that were lifted."""

    controls: list[Control]


class LimitList(Stored):
    """The limits in force, in each process of the API."""

    limits: list[CallLimit]
    body_bytes: int
