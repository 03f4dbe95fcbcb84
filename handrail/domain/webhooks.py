"""Webhooks: endpoints that events are sent to, messages, and what became of an attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.events import CaseEvent, EventKind
from handrail.domain.errors import InvalidInput

DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between the attempts at a message: the last one is a good three days behind the first. Then it is dead."""
JITTER = 0.2
"""Each pause is longer by up to this share, so that a receiver that comes back is not met by all at once."""
TEST = "webhook.test"


class UnknownWebhook(InvalidInput):
    """There is no such webhook, or no such secret of it any more."""


class WebhooksNotSetUp(InvalidInput):
    """The key that seals signing secrets is missing here, too short, or not the one that sealed them."""


class DeliveryRequest(Stored):
    """The messages of one case for one endpoint, which are sent one after the other."""

    endpoint_id: str
    case_id: str


class DeliveryResult(Stored):
    """The result of an attempt: seconds until the next one; None where nothing is left to send."""

    again_in: float | None = None


class WebhookWanted(Stored):
    """The events that an endpoint wants: `kinds`, all where there are none.

    Of `waiting`, where `roles` or `queues` are named, only decisions that take one of the roles and cases in one of the
    queues.
    """

    kinds: list[EventKind] = Field(default_factory=list)
    roles: list[str] = Field(default_factory=list)
    queues: list[str] = Field(default_factory=list)

    @property
    def in_words(self) -> str:
        """Return what it wants, for a table."""
        narrowed = [*(f"role {one}" for one in self.roles), *(f"queue {one}" for one in self.queues)]
        return (", ".join(self.kinds) or "all") + (f" (waiting: {', '.join(narrowed)})" if narrowed else "")


class WebhookEndpoint(WebhookWanted):
    """An endpoint, and what it wants."""

    endpoint_id: str
    url: str
    owner: str
    added_at: datetime
    disabled_at: datetime | None = None
    disabled_because: str | None = None


class NumberedSecret(Stored):
    """A signing secret of an endpoint by its number, which says nothing of the secret."""

    endpoint_id: str
    secret_id: int


class WebhookMessage(Stored):
    """An event on its way to an endpoint. `attempts` counts those that were made."""

    message_id: str
    endpoint_id: str
    attempts: int = 0
    event: CaseEvent


class DeadMessage(Stored):
    """A message that nobody took, and why the last attempt failed."""

    message_id: str
    endpoint_id: str
    case_id: str
    sequence: int
    kind: EventKind
    attempts: int
    words: str | None = None
    attempted_at: datetime | None = None


class Answered(Stored):
    """The receiver's answer, or why there was none, in words; `after` is what Retry-After asked for, in seconds."""

    status: int | None = None
    words: str
    after: float | None = None

    @property
    def taken(self) -> bool:
        """Return whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Return whether the receiver wants no more messages."""
        return self.status == 410


def pause(attempts: int, chance: float, after: float | None) -> float | None:
    """Return the seconds until the next attempt behind so many, None where there is none; `chance` is from 0 to 1.

    What the receiver asked for counts where it is longer, up to the longest pause.
    """
    if attempts > len(DELAYS):
        return None
    own = DELAYS[attempts - 1] * (1 + JITTER * chance)
    return max(own, min(after or 0.0, float(DELAYS[-1])))


def payload(event: CaseEvent) -> dict[str, Any]:
    """Return what is sent: ids and statuses; who wants words reads the case."""
    about = {"case_id": event.case_id, "sequence": event.sequence, "position": event.position, **event.body}
    return {"type": f"case.{event.kind}", "timestamp": event.at.isoformat(), "data": about}


def wanted_of(kinds: list[EventKind], roles: list[str], queues: list[str]) -> WebhookWanted:
    """Return what is wanted. Raises: InvalidInput: it is narrowed by what it never gets."""
    wanted = WebhookWanted(kinds=kinds, roles=roles, queues=queues)
    if (roles or queues) and kinds and EventKind.WAITING not in kinds:
        raise InvalidInput("kinds: roles and queues narrow `waiting`, which is not among them. Add it, or leave them out.")
    return wanted


def kinds_of(given: list[str]) -> list[EventKind]:
    """Return the kinds. Raises: InvalidInput: one is none."""
    unknown = next((one for one in given if one not in set(EventKind)), None)
    if unknown is not None:
        raise InvalidInput(f"--kind: {unknown[:40]!r} is no kind of event. Write one of: {', '.join(EventKind)}.")
    return [EventKind(one) for one in given]
