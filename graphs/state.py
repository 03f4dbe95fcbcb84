"""The state of a turn. Imports pydantic and the domain only: workflows read it too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, Field

from handrail.domain.actions.approvals import Decision
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation, CustomerYes
from handrail.domain.actions.declined import Declined
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Proposal
from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseRow, CaseStatus, RuledProposal, Unrecorded
from handrail.domain.case.classification import Classification, FurtherWish, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, Escalation, Fact, Handoff, StatedFact
from handrail.domain.case.messages import Message
from handrail.domain.case.patience import Progress
from handrail.domain.case.turns import TurnKey
from handrail.domain.llm.agent import Disposition, Exchange, Usage
from handrail.domain.rollout.ramps import ServedRelease


class TurnOutcome(Stored):
    """The outcome of a turn. `row` and `messages` are what was committed."""

    status: CaseStatus
    row: CaseRow
    messages: list[Message] = Field(default_factory=list)
    handoff: Handoff | None = None


class HandBackNote(BaseModel):
    """A person's note to the agent, left when handing a case back."""

    name: str
    note: str


FACTS_KEPT = 40
FACTS_BYTES = 200_000


def merge_facts(before: Sequence[Any], new: Sequence[Any]) -> list[Fact]:
    """Facts by name, the newest reading of each; at most `FACTS_KEPT`, and no more than `FACTS_BYTES` of JSON."""
    merged: dict[str, Fact] = {}
    for one in [*before, *new]:
        fact = Fact.model_validate(one)
        merged.pop(fact.name, None)
        merged[fact.name] = fact
    kept: list[Fact] = []
    left = FACTS_BYTES
    for fact in list(merged.values())[: -FACTS_KEPT - 1 : -1]:
        left -= len(fact.model_dump_json().encode())
        if left < 0:
            break
        kept.append(fact)
    return kept[::-1]


POINTS_KEPT = 60
"""As many as a packet holds."""


def newest_points(before: Sequence[SentimentPoint], new: Sequence[SentimentPoint]) -> list[SentimentPoint]:
    """Return how the customer sounded: what was known and what was not, the newest `POINTS_KEPT` of it."""
    return [*before, *(one for one in new if one not in before)][-POINTS_KEPT:]


def append_rulings(before: Sequence[Any], new: Sequence[Any]) -> list[RuledProposal]:
    """Every ruling of the turn once, in the order in which they came."""
    merged: dict[tuple[str, str, str], RuledProposal] = {}
    for one in [*before, *new]:
        ruled = RuledProposal.model_validate(one)
        verdict = ruled.verdict
        merged.setdefault((verdict.proposal_id, verdict.arguments_hash, verdict.ruling), ruled)
    return list(merged.values())


class CaseState(BaseModel):
    """The graph's state in one turn; every field is a channel.

    `incoming` are the customer's messages that this turn answers. `proposals` wait for a ruling or an action, `rulings` are
    the guardrail's latest words on them. `calls` counts equal calls over the whole case, key is the digest of action and
    arguments. `step` grows with every agent call; ids of proposals are made of it. `sequence` is the place in the
    transcript of what the case says in this turn: behind everything that was heard before it. `trail` is what earlier turns
    tried; `answered_by` is the name that the model gave itself, to the prompt and in the graph of these versions. `returned`
    tells for which reasons people had the case before and who handed it back. `stated` was taken out of the customer's
    messages as they came in; `absent` says what could not be read in this turn. `key` names the attempt at the turn, where it
    has a journal.
    """

    key: TurnKey | None = None
    row: CaseRow
    turn: int = 1
    sequence: int = 0
    incoming: list[Message] = Field(default_factory=list)
    acting: list[Message] = Field(default_factory=list, description="what the turn under way began with, for `local.classify`")
    person: HandBackNote | None = None

    classification: Classification | None = None
    besides: list[FurtherWish] = Field(default_factory=list, description="wishes that this turn leaves")

    step: int = 0
    exchanges: list[Exchange] = Field(default_factory=list)
    proposals: list[Proposal] = Field(default_factory=list)
    rulings: list[RuledProposal] = Field(default_factory=list)
    ruled: Annotated[list[RuledProposal], append_rulings] = Field(default_factory=list)
    feedback: list[str] = Field(default_factory=list)
    disposition: Disposition | None = None
    decisions: list[Decision] = Field(default_factory=list)
    confirmation: Confirmation | None = Field(default=None, description="the question that waits for the customer")
    yes: list[CustomerYes] = Field(default_factory=list, description="what the customer said yes to in this turn")
    confirmed: Confirmation | None = Field(default=None, description="the question to which they said that yes")
    asked: list[AskedEffect] = Field(default_factory=list, description="what the customer was asked, and answered")
    declined: list[str] = Field(default_factory=list, description="the names of what stands in `declines`, and of older ones")
    declines: list[Declined] = Field(default_factory=list)

    facts: Annotated[list[Fact], merge_facts] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    begun: list[EarlierEffect] = Field(default_factory=list, description="sent to another system, whose answer was lost")
    calls: dict[str, int] = Field(default_factory=dict)
    sent_back: int = 0
    usage: Usage = Field(default_factory=Usage)
    spent: Usage = Field(default_factory=Usage, description="what the turns before this one used")
    answered_by: str = ""
    prompt_version: str = ""
    graph_version: str = ""
    served: ServedRelease = Field(default_factory=ServedRelease, description="the release that answered, and its arm")
    disclosed: bool = False
    trail: CaseTrail = Field(default_factory=CaseTrail)
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)
    returned: dict[str, str] = Field(default_factory=dict)
    stated: list[StatedFact] = Field(default_factory=list)
    absent: list[str] = Field(default_factory=list)
    unrecorded: Unrecorded = Field(default_factory=Unrecorded, description="rulings that the turn's end records")

    escalation: Escalation | None = None
    handoff: Handoff | None = None
    outcome: TurnOutcome | None = None

    @property
    def reply(self) -> Proposal | None:
        """The reply that is proposed now."""
        return next((one for one in self.proposals if one.kind == "reply"), None)


def identity(*parts: object) -> str:
    """A stable id of its parts. A turn that is run again (a reset, a replay) proposes under the same ids."""
    return str(uuid5(NAMESPACE_URL, "/".join(["handrail", *(str(part) for part in parts)])))
