"""The record held against Temporal: what may differ, what brings a lost case back, what rebuilds a lost record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from handrail.domain.actions.approvals import Approval
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.base import Model, Stored
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseStatus, Terms
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import IncomingMessage, Message
from handrail.domain.llm.agent import Usage

RUN_LOST = "run_lost"
"""The reason for which a person gets a case that Temporal lost."""
EFFECT_LOST = "effect_lost"
"""The reason for which a person gets a case whose ledger lost an effect: a database was restored from before."""


class Recover(Model):
    """The workflow's input that asks for a case out of its record: it names the case and nothing that could be forged."""

    case_id: str


class SentMessage(Stored):
    """A customer's message as it was sent to a run."""

    message_id: str | None = None
    text: str


class SentChange(Stored):
    """A customer's edit of a message as it was sent to a run; without `text` the message was withdrawn."""

    message_id: str
    text: str | None = None
    edited_at: AwareDatetime | None = None


class Recovered(Stored):
    """A case as its record holds it, for a fresh run.

    `messages` are the newest, `known` tells every message that was taken by its id, `unrecorded` are messages that only
    the lost run had heard, `changes` are edits and withdrawals that it alone had taken, `revision` is the highest that was
    asked under, `approvals` are the newest, none of them open.
    """

    opened: CaseOpen
    terms: Terms
    row: CaseRow
    messages: list[Message] = Field(default_factory=list)
    known: dict[str, str] = Field(default_factory=dict)
    unrecorded: list[IncomingMessage] = Field(default_factory=list)
    changes: list[SentChange] = Field(default_factory=list)
    revision: int = 0
    approvals: list[Approval] = Field(default_factory=list)
    classification: Classification | None = None
    effects: list[EffectResult] = Field(default_factory=list)
    asked: list[AskedEffect] = Field(default_factory=list)
    handoff: Handoff | None = None
    usage: Usage = Field(default_factory=Usage)
    words: str = "Temporal lost the case."


class Remains(Stored):
    """The remains of a lost run in its history: how it ended, what customers sent to it, and what they changed of it.

    A message that came without an id has none here.
    """

    ended: str
    sent: list[SentMessage] = Field(default_factory=list)
    changes: list[SentChange] = Field(default_factory=list)


def lost_effects(known: Sequence[EffectResult], held: Sequence[EffectResult]) -> list[EffectResult]:
    """Return the effects that a case knows as applied and its ledger does not hold."""
    there = {one.effect_id for one in held}
    return [one for one in known if one.status is EffectStatus.APPLIED and one.effect_id not in there]


def doubtful_effects(known: Sequence[EffectResult], held: Sequence[EffectResult]) -> list[EffectResult]:
    """Return the effects that a case knows as applied and its ledger does not: lost, or found not to have been made."""
    applied = [one for one in held if one.status is EffectStatus.APPLIED]
    return lost_effects(known, applied)


def words_of_lost(lost: Sequence[EffectResult]) -> str:
    """Describe effects that the ledger lost, for whoever gets the case."""
    named = ", ".join(f"{one.action} ({one.effect_id})" for one in lost)
    return f"The history says that {named} was applied, the ledger does not. Look in the business's own system."


class RecordedCase(Stored):
    """A case's row in short."""

    case_id: str
    status: CaseStatus
    version: int
    updated_at: datetime


class Rebuilt(Stored):
    """A case out of its history: everything that its runs wrote down, for a record that lost it."""

    row: CaseRow
    messages: list[Message] = Field(default_factory=list)
    approvals: list[Approval] = Field(default_factory=list)
    classification: Classification | None = None
    effects: list[EffectResult] = Field(default_factory=list)
    handoff: Handoff | None = None
    usage: Usage = Field(default_factory=Usage)
    audit: list[AuditEntry] = Field(default_factory=list)


class DifferenceKind(StrEnum):
    """A difference between the record and Temporal."""

    LOST = "lost by Temporal"
    NEVER_BEGUN = "ended before it was recorded"
    UNRECORDED = "missing in the record"
    BEHIND = "the record is behind"
    AHEAD = "the record is ahead"
    PROMISED = "answered and not begun"
    EFFECT_MISSING = "an effect is missing in the ledger"


class Difference(Stored):
    """A case on which record and Temporal disagree. `mended` is None where nothing was tried."""

    case_id: str
    kind: DifferenceKind
    recorded: str | None = Field(default=None, description="the status in PostgreSQL; null where it holds no such case")
    temporal: str = Field(description="how the case's newest run stands")
    words: str
    mended: bool | None = None


class Reconciliation(Stored):
    """One comparison: how many cases it was about, what differs, which are paused, and which nobody could be asked about."""

    compared: int = 0
    differences: list[Difference] = Field(default_factory=list)
    paused: dict[str, str] = Field(default_factory=dict, description="case id to who paused it, when and why")
    unserved: dict[str, list[str]] = Field(
        default_factory=dict, description="task queue that no worker serves to the cases that were not compared for that"
    )

    @property
    def left(self) -> list[Difference]:
        """The differences that are not mended."""
        return [one for one in self.differences if not one.mended]
