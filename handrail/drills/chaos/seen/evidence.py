"""Evidence that is read once everything is healed, as plain data: the invariants look at nothing else."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from handrail.domain.base import Stored
from handrail.drills.chaos.log import Operation
from handrail.drills.chaos.seen.days import DrawnRow, LookedAtDay, ScoreRow
from handrail.drills.chaos.seen.outside import (
    ArrivedWebhook,
    GivenHttpAnswer,
    LetterHandedOver,
    OutboxMessage,
    RecordedDeparture,
    StreamedEvent,
    TakenMail,
)


class CaseInRecord(Stored):
    """A case's row."""

    case_id: str
    status: str
    topic: str | None = None
    turn: int = 1
    customer_id: str = ""


class CaseHistory(Stored):
    """A case in Temporal, over all of its runs.

    `taken` are the customer's messages that the case accepted, in their order; `trouble` says what hangs there.
    """

    case_id: str
    open: bool = True
    status: str | None = None
    taken: list[str] = Field(default_factory=list)
    trouble: str = ""


class RecordedMessage(Stored):
    """A message of the record; they come in the order of their case."""

    case_id: str
    message_id: str
    author: str
    turn: int = 1


class ToldEvent(Stored):
    """An event that was told to whoever follows the case; `status` is that of the case, where the event is about it."""

    case_id: str
    sequence: int
    position: int
    kind: str
    message_id: str | None = None
    effect_id: str | None = None
    status: str | None = None
    at: datetime | None = None


class LedgerRow(Stored):
    """An effect's row of the ledger. `order_id` is what it is about, where it is about an order."""

    case_id: str
    effect_id: str
    action: str
    ruling: str
    arguments_hash: str
    approval_id: str | None = None
    approval_revision: int | None = None
    approval_status: str | None = None
    outcome: str | None = None
    applied_hash: str | None = None
    recorded_at: datetime | None = None
    topic: str | None = None
    order_id: str = ""

    @property
    def applied(self) -> bool:
        """Return whether it was made."""
        return self.outcome == "applied"


class RecordedApproval(Stored):
    """An approval's row; `request_id` is the effect that it is about."""

    case_id: str
    approval_id: str
    revision: int
    request_id: str | None = None
    status: str
    decision: str | None = None
    reviewer: str | None = None
    arguments_hash: str | None = None


class ShopTrace(Stored):
    """Something that was really done in the shop."""

    made_id: str
    action: str
    order_id: str = ""
    effect_id: str | None = None


class ThrownControl(Stored):
    """A control as it was set."""

    control_id: int
    scope: str
    level: str
    hand: str
    asked_at: datetime
    set_at: datetime
    expires_at: datetime | None = None
    waited: bool = True


class AgentsReply(Stored):
    """Words of the agent, with the moment of their record."""

    case_id: str
    message_id: str
    recorded_at: datetime
    topic: str | None = None


class Heal(Stored):
    """The end of a fault. `progress` is how long a new case then took to be worked on, None where it never was; in seconds.

    `began` is the epoch second in which the fault did.
    """

    fault: int
    part: str
    kind: str
    case_id: str
    away: float
    progress: float | None
    began: float = 0.0


class ChaosEvidence(Stored):
    """Everything that was seen. `called`: there was somebody to whom events were sent; `days_ended`: by the drill.

    `came_late` are cases that were taken while an effect of theirs was on its way.
    """

    operations: list[Operation] = Field(default_factory=list)
    cases: list[CaseInRecord] = Field(default_factory=list)
    histories: list[CaseHistory] = Field(default_factory=list)
    messages: list[RecordedMessage] = Field(default_factory=list)
    told: list[ToldEvent] = Field(default_factory=list)
    ledger: list[LedgerRow] = Field(default_factory=list)
    approvals: list[RecordedApproval] = Field(default_factory=list)
    shop: list[ShopTrace] = Field(default_factory=list)
    controls: list[ThrownControl] = Field(default_factory=list)
    replies: list[AgentsReply] = Field(default_factory=list)
    switched_off: list[str] = Field(default_factory=list)
    audited: int = 0
    audit_broken: str = ""
    late: list[str] = Field(default_factory=list)
    heals: list[Heal] = Field(default_factory=list)
    came_late: list[str] = Field(default_factory=list)
    answers: list[GivenHttpAnswer] = Field(default_factory=list)
    streams: dict[str, list[StreamedEvent]] = Field(default_factory=dict)
    called: bool = False
    webhooks: list[ArrivedWebhook] = Field(default_factory=list)
    outbox: list[OutboxMessage] = Field(default_factory=list)
    letters: list[LetterHandedOver] = Field(default_factory=list)
    mails: list[TakenMail] = Field(default_factory=list)
    departures: list[RecordedDeparture] = Field(default_factory=list)
    days_ended: int = 0
    days: list[LookedAtDay] = Field(default_factory=list)
    drawn: list[DrawnRow] = Field(default_factory=list)
    scores: list[ScoreRow] = Field(default_factory=list)
