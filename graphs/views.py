"""Views of the state, one for each node: as little as it needs."""

from __future__ import annotations

from pydantic import BaseModel, Field

from graphs.state import HandBackNote
from handrail.domain.actions.approvals import Decision
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation, CustomerYes
from handrail.domain.actions.declined import Declined
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Proposal
from handrail.domain.case.cases import CaseRow, RuledProposal, Unrecorded
from handrail.domain.case.classification import Classification, FurtherWish, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, Escalation, Fact, Handoff, StatedFact
from handrail.domain.case.messages import Message
from handrail.domain.case.patience import Progress
from handrail.domain.case.turns import TurnKey
from handrail.domain.llm.agent import Disposition, Exchange, Usage
from handrail.domain.rollout.ramps import ServedRelease


class ClassifyView(BaseModel):
    """The new words, and what the case was about before; `classification` is the last turn's."""

    row: CaseRow
    incoming: list[Message] = Field(default_factory=list)
    classification: Classification | None = None
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)
    absent: list[str] = Field(default_factory=list)
    besides: list[FurtherWish] = Field(default_factory=list)
    confirmation: Confirmation | None = None
    confirmed: Confirmation | None = Field(default=None, description="the question whose yes is acted on")
    acting: list[Message] = Field(default_factory=list, description="what the turn under way began with, if one is")


class AnswerView(BaseModel):
    """The customer's newest words, and the question that they may answer."""

    key: TurnKey | None = None
    row: CaseRow
    incoming: list[Message] = Field(default_factory=list)
    confirmation: Confirmation | None = None
    asked: list[AskedEffect] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)


class ConsultView(BaseModel):
    """The words that the local classifier could not place."""

    row: CaseRow
    incoming: list[Message] = Field(default_factory=list)
    classification: Classification | None = None
    usage: Usage = Field(default_factory=Usage)
    progress: Progress = Field(default_factory=Progress)


class PatienceView(BaseModel):
    """The count of the agent's questions in vain."""

    progress: Progress = Field(default_factory=Progress)
    step: int = 0


class AgentView(BaseModel):
    """A view of what the agent's next model call depends on; the transcript is read by reference."""

    row: CaseRow
    turn: int = 1
    step: int = 0
    person: HandBackNote | None = None
    exchanges: list[Exchange] = Field(default_factory=list)
    feedback: list[str] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    spent: Usage = Field(default_factory=Usage)


class GuardrailView(BaseModel):
    """Proposals, and everything that rules may look at."""

    key: TurnKey | None = None
    row: CaseRow
    turn: int = 1
    step: int = 0
    person: HandBackNote | None = None
    incoming: list[Message] = Field(default_factory=list)
    classification: Classification | None = None
    disposition: Disposition | None = None
    proposals: list[Proposal] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    yes: list[CustomerYes] = Field(default_factory=list)
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    calls: dict[str, int] = Field(default_factory=dict)
    sent_back: int = 0
    unrecorded: Unrecorded = Field(default_factory=Unrecorded)


class ActView(BaseModel):
    """A view of what was allowed or approved."""

    key: TurnKey | None = None
    row: CaseRow
    step: int = 0
    proposals: list[Proposal] = Field(default_factory=list)
    rulings: list[RuledProposal] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)


class ApprovalView(BaseModel):
    """The first proposal that is held."""

    turn: int = 1
    incoming: list[Message] = Field(default_factory=list)
    asked: list[AskedEffect] = Field(default_factory=list)
    proposals: list[Proposal] = Field(default_factory=list)
    rulings: list[RuledProposal] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    feedback: list[str] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)


class EndView(BaseModel):
    """A view of what the packet, the reply and the row are made of."""

    key: TurnKey | None = None
    row: CaseRow
    turn: int = 1
    sequence: int = 0
    step: int = 0
    incoming: list[Message] = Field(default_factory=list)
    classification: Classification | None = None
    besides: list[FurtherWish] = Field(default_factory=list)
    disposition: Disposition | None = None
    proposals: list[Proposal] = Field(default_factory=list)
    ruled: list[RuledProposal] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    begun: list[EarlierEffect] = Field(default_factory=list)
    calls: dict[str, int] = Field(default_factory=dict)
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    answered_by: str = ""
    prompt_version: str = ""
    graph_version: str = ""
    served: ServedRelease = Field(default_factory=ServedRelease)
    trail: CaseTrail = Field(default_factory=CaseTrail)
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)
    person: HandBackNote | None = None
    disclosed: bool = False
    returned: dict[str, str] = Field(default_factory=dict)
    stated: list[StatedFact] = Field(default_factory=list)
    absent: list[str] = Field(default_factory=list)
    unrecorded: Unrecorded = Field(default_factory=Unrecorded)
    confirmation: Confirmation | None = None
    confirmed: Confirmation | None = None
    asked: list[AskedEffect] = Field(default_factory=list)
    escalation: Escalation | None = None
    handoff: Handoff | None = None


class ConfirmView(EndView):
    """A view of what the customer is asked to confirm, and of how a turn ends."""

    rulings: list[RuledProposal] = Field(default_factory=list)
