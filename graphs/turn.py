"""A turn as the case asks for it and as it comes back: plain data between the workflow and whoever runs the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field, field_serializer

from graphs import news
from graphs.handover.summary import trail
from graphs.state import CaseState, TurnOutcome
from graphs.views import EndView
from handrail.domain.actions.approvals import Decision, HumanRequest
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.declined import Declined
from handrail.domain.actions.effects import EffectResult
from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseRow, CaseStatus, Commit
from handrail.domain.case.classification import Classification, FurtherWish, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, Escalation, Fact
from handrail.domain.case.patience import Progress
from handrail.domain.llm.agent import Disposition, Usage

STEPS = 500
"""Nodes of one turn, at most."""
STATED = "stated"
"""The field of a state that no turn changes; every attempt is given it, so the journal does without."""


class OpenQuestion(Stored):
    """A question for which the graph waits: the `node` that asked, the one `before` it, and the request's id."""

    node: str
    before: str | None = None
    request_id: str


class TurnRequest(Stored):
    """A turn to run: from the entrance, or with a `decision` from the `question` that was asked.

    `token` names the turn. `lost` names one whose end the case never heard of: where that has ended after all, its end is the
    answer; else what it had found out is taken over. `steps` bounds the nodes. `commit` has to stand in the record before the
    first of them begins. With `briefly` the result says of what grows with a case only what is new.
    """

    token: str
    state: CaseState
    question: OpenQuestion | None = None
    decision: Decision | None = None
    lost: str | None = None
    steps: int = STEPS
    commit: Commit | None = None
    briefly: bool = False

    @field_serializer("state", "commit")
    def _sparse(self, part: BaseModel | None) -> dict[str, Any] | None:
        return sparse(part) if part else None


class Learned(Stored):
    """The part of a turn that a case keeps; `outcome` where the turn has ended.

    `goes_on`: the wish of this turn is done, and `besides` are next.
    """

    row: CaseRow
    facts: list[Fact] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    calls: dict[str, int] = Field(default_factory=dict)
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    disclosed: bool = False
    classification: Classification | None = None
    besides: list[FurtherWish] = Field(default_factory=list, description="wishes that the turn left")
    goes_on: bool = False
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)
    trail: CaseTrail = Field(default_factory=CaseTrail)
    outcome: TurnOutcome | None = None
    confirmation: Confirmation | None = Field(default=None, description="what the customer was asked, where they were")
    confirmed: Confirmation | None = Field(default=None, description="the question whose yes a turn that waits acts on")
    asked: list[AskedEffect] = Field(default_factory=list)

    @classmethod
    def of(cls, known: CaseState | EndView, outcome: TurnOutcome | None = None, *, sure: bool = True) -> Learned:
        """The part of the state, or of the last node's view, that outlives the turn.

        Not `sure`: it was cut off, and may have done more than is known.
        """
        progress = known.progress
        waits = outcome is not None and outcome.status is CaseStatus.AWAITING_CUSTOMER
        goes_on = waits and bool(known.besides) and known.disposition is Disposition.RESOLVED and not known.confirmation
        if outcome:
            progress = progress.after(known.exchanges, asking=waits and not goes_on)
        return cls(
            row=known.row,
            facts=known.facts,
            effects=known.effects,
            calls=known.calls,
            declined=known.declined,
            declines=known.declines,
            usage=known.usage,
            disclosed=known.disclosed,
            classification=known.classification,
            besides=known.besides,
            goes_on=goes_on,
            sentiment=known.sentiment,
            progress=progress,
            trail=trail(known, model=known.answered_by, served=known.served, sure=sure),
            outcome=outcome,
            confirmation=known.confirmation if waits else None,
            confirmed=None if outcome else known.confirmed,
            asked=known.asked,
        )


class TurnResult(Stored):
    """The result of a turn.

    Either it has ended, and `learned` is what the case keeps; or it waits in `question` for the answer to `request`; or it
    stopped at `node`, cut short, or for the reason in `failure`. `state` is there where it has not ended. `recovered`: this
    is the end of the turn that was lost, nothing new was run. `recorded`: the request's commit stands in the record.
    """

    learned: Learned | None = None
    state: CaseState | None = None
    request: HumanRequest | None = None
    question: OpenQuestion | None = None
    node: str | None = None
    failure: Escalation | None = None
    recovered: bool = False
    recorded: bool = False

    def since(self, sent: CaseState) -> TurnResult:
        """The result without what stands in the state that was `sent`."""
        return self._with(news.since, sent)

    def onto(self, sent: CaseState) -> TurnResult:
        """The whole result, of what came back and the state that was `sent`."""
        return self._with(news.onto, sent)

    def _with(self, change: Callable[[Any, CaseState], Any], sent: CaseState) -> TurnResult:
        found = {name: part for name, part in (("learned", self.learned), ("state", self.state)) if part}
        return self.model_copy(update={name: change(part, sent) for name, part in found.items()})

    @field_serializer("learned", "state", "request", "question", "failure")
    def _sparse(self, part: BaseModel | None) -> dict[str, Any] | None:
        return sparse(part) if part else None


def sparse(part: BaseModel, *, without: set[str] | None = None) -> dict[str, Any]:
    """The JSON without what is as it is by default: half of a state is, and all of it would stand in the history."""
    return part.model_dump(mode="json", exclude_defaults=True, exclude=without)
