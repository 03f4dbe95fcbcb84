"""The data that a case keeps between turns, carried into its next run."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from graphs.state import CaseState
from handrail.domain.actions.approvals import Approval, Decision
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.declined import Declined
from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, Terms
from handrail.domain.case.classification import Classification, FurtherWish, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, CustomerWords, Escalation, Fact, Handoff, StatedFact
from handrail.domain.case.messages import Message
from handrail.domain.case.patience import Progress
from handrail.domain.llm.agent import Usage
from handrail.domain.team.staff import Expectation


class Suspended(BaseModel):
    """A graph that waits for a person: its state, the node that asked, the node before it, the request's id."""

    state: CaseState
    node: str
    before: str | None = None
    request_id: str


class NewestEdit(BaseModel):
    """The time of a message's newest edit, by the channel's clock, and the fingerprints of what came with that time."""

    at: datetime
    texts: list[str] = Field(default_factory=list)

    def overtakes(self, at: datetime, text: str) -> bool:
        """Return whether an edit of that time is older, or came before. A channel may tell whole seconds only."""
        return at < self.at or (at == self.at and text in self.texts)

    def then(self, at: datetime, text: str) -> NewestEdit:
        """Return what stands with one more edit; one that came before adds nothing."""
        if self.overtakes(at, text):
            return self
        return NewestEdit(at=at, texts=[*(self.texts if at == self.at else []), text])


class CaseFields(BaseModel):
    """Everything of a case that is not in PostgreSQL alone. Pending fields are written by the next flush.

    `besides` are wishes of the customer's that no turn has seen to, nor a person.
    `expected` is until when people are to answer; `lost` are those who let the case go or were overtaken; `holders` counts how
    often it changed hands. `stated` and `said` are what the customer's messages say, read when they were recorded; of `said`
    the newest are kept. `confirmed` is the question whose yes a suspended turn acts on, `asked` are those before it, too.
    `reasons` is why people have it now, `returned` for which reasons somebody handed it back, `stuck` that it came back for
    one of them. `odd` is why what the customer wrote first is for a person whatever it says. `changed` are messages that the
    customer has edited or withdrawn after they were read, and that nobody has heeded yet; `edits` are each message's newest,
    and `anew` is how often the turn at work has begun anew for them.
    """

    opened: CaseOpen
    terms: Terms = Field(default_factory=Terms)
    row: CaseRow
    fresh: bool = True

    messages: list[Message] = Field(default_factory=list)
    seen: dict[str, str] = Field(default_factory=dict)
    inbox: list[Message] = Field(default_factory=list)
    changed: list[Message] = Field(default_factory=list)
    edits: dict[str, NewestEdit] = Field(default_factory=dict)
    anew: int = 0

    revision: int = 0
    approvals: list[Approval] = Field(default_factory=list)
    suspended: Suspended | None = None
    decided: Decision | None = None

    classification: Classification | None = None
    besides: list[FurtherWish] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    calls: dict[str, int] = Field(default_factory=dict)
    confirmation: Confirmation | None = None
    confirmed: Confirmation | None = None
    asked: list[AskedEffect] = Field(default_factory=list)
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    disclosed: bool = False
    handoff: Handoff | None = None
    stated: list[StatedFact] = Field(default_factory=list)
    said: list[CustomerWords] = Field(default_factory=list)
    trail: CaseTrail = Field(default_factory=CaseTrail)
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)

    interruption: Escalation | None = None
    handed_back: str | None = None
    handed_back_topic: str | None = None
    handed_back_by: list[str] = Field(default_factory=list)
    closing: str | None = None
    notice: str | None = None
    noticed: bool = False
    odd: str = ""
    reminded: bool = False
    reroutes: int = 0
    expected: Expectation | None = None
    lost: list[str] = Field(default_factory=list)
    holders: int = 0

    reasons: list[str] = Field(default_factory=list)
    returned: dict[str, str] = Field(default_factory=dict)
    stuck: bool = False

    audited: int = 0
    begun_again: bool = False
    recovering: bool = False
    unsaved: bool = False
    unsaved_messages: list[Message] = Field(default_factory=list)
    unsaved_approvals: list[int] = Field(default_factory=list)
    unsaved_audit: list[AuditEntry] = Field(default_factory=list)
    unsaved_handoff: bool = False
