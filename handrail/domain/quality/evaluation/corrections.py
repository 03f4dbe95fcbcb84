"""A correction: what a person did instead of what the agent proposed, without personal data, as a test of the next agent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.approvals import Decision, HumanRequest
from handrail.domain.base import Stored
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message


class CorrectionKind(StrEnum):
    """The way in which a person corrected the agent."""

    EDIT = "edit"
    REJECTION = "rejection"
    TAKEOVER = "takeover"
    HAND_BACK = "hand_back"


class CorrectionState(StrEnum):
    """Collected, accepted by people as a test, or no longer a test."""

    NEW = "new"
    ACCEPTED = "accepted"
    RETIRED = "retired"


class SaidBefore(Stored):
    """A message of the case before the correction."""

    author: Author
    text: str


class RecordedRead(Stored):
    """A read with its answer. `name` is the fact's: the tool, and the values that it was asked with."""

    name: str
    tool: str
    value: Any
    ok: bool = True


class RecordedPreview(Stored):
    """The preview of an effect with exactly these arguments, as it was ruled on then."""

    action: str
    arguments: dict[str, Any]
    title: str = ""
    headline: str = ""
    shown: dict[str, str] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)
    situation: dict[str, Any] = Field(default_factory=dict)


class Relied(Stored):
    """The ground of the person's decision. A correction retires once a rule or the topic's terms are others.

    `rules` are hashes by `policy/rule`, `terms` is the hash of what the topic allows; both as in force when it was collected.
    `prompt`, `model` and `graph` answered then: they are what the correction tests, so they retire nothing.
    """

    policy_version: str = ""
    files: dict[str, str] = Field(default_factory=dict, description="policy to the version of its file, as ruled on then")
    rules: dict[str, str] = Field(default_factory=dict)
    terms: str = ""
    prompt: str = ""
    model: str = ""
    graph: str = ""


class Correction(Stored):
    """A correction. `proposed` and `done` are arguments of `action`; for a reply they hold its `text`.

    `done` is None where nothing was done instead. `note` is what the person wrote to their decision.
    """

    kind: CorrectionKind
    topic: str
    action: str
    reason: str
    language: str = "en"
    said: list[SaidBefore] = Field(default_factory=list, description="the customer's messages, and what was answered so far")
    proposed: dict[str, Any] | None = None
    done: dict[str, Any] | None = None
    note: str = ""
    reads: list[RecordedRead] = Field(default_factory=list)
    previews: list[RecordedPreview] = Field(default_factory=list)
    relied: Relied = Field(default_factory=Relied)
    decided_by: str = ""
    loosens: str = Field(default="", description="why two people have to accept it; empty where one is enough")

    @property
    def words(self) -> list[str]:
        """The customer's words."""
        return [message.text for message in self.said if message.author is Author.CUSTOMER]


class Acceptance(Stored):
    """A person who accepted a correction as a test."""

    by: str
    at: datetime
    note: str = ""


class StoredCorrection(Stored):
    """A correction as it stands. `seen` counts how often people corrected nearly the same."""

    correction_id: str
    kind: CorrectionKind
    topic: str
    action: str
    reason: str
    body: Correction
    loosens: bool
    state: CorrectionState
    accepted: list[Acceptance] = Field(default_factory=list)
    seen: int = 1
    happened_at: datetime
    collected_at: datetime
    retired_at: datetime | None = None
    retired_by: str | None = None
    retired_because: str | None = None


class CorrectionDecision(Stored):
    """The result of accepting or rejecting; `missing` says who has to accept it, too."""

    correction_id: str
    state: CorrectionState
    accepted_by: list[str] = Field(default_factory=list)
    missing: str = ""


class Retired(Stored):
    """A correction that retired by itself, and why."""

    correction_id: str
    topic: str
    because: str


class CollectReport(Stored):
    """The result of a collection. It counts what people may read, and says nothing of what is held out."""

    collected: int = 0
    merged: int = 0
    retired: list[Retired] = Field(default_factory=list)


class CorrectionSource(Stored):
    """The source of one correction, as it stands in the record: with personal data, and never stored again.

    `request` is what was proposed to people, `decision` what they made of it, `handoff` the packet that they received. `ruled`
    is the newest ruling on that effect, with its arguments. `evidence` is what the agent had read.
    """

    case_id: str
    source: str
    kind: CorrectionKind
    happened_at: datetime
    customer_id: str
    topic: str
    language: str | None = None
    decided_by: str
    note: str | None = None
    reply: str | None = None
    request: HumanRequest | None = None
    decision: Decision | None = None
    handoff: Handoff | None = None
    ruled: RuledProposal | None = None
    evidence: dict[str, Any] | None = None
    answered: dict[str, Any] | None = Field(default=None, description="model, prompt and graph of the turn")
    messages: list[Message] = Field(default_factory=list)
