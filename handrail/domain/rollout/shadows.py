"""Shadows: a candidate release that answers real cases beside the one in force, and whose answers nobody ever sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.proposals import RuleHit, Ruling
from handrail.domain.base import Model, Stored
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.rollout.ramps import Candidate

STOPS_AFTER = 3
"""So many answers in a row that end or hang the candidate's process stop the shadow."""
TRIES = 2
LOWERED_BY = frozenset({"autonomy", "confidence_gate", "edited", "asked_again", "approved", "confirmed"})
"""Rules that are no policy's: how far the agent may go now, how sure routing is, and what people said."""


class ShadowCandidate(Candidate):
    """A candidate of a shadow: it may differ in whole topics, policies and the graph, too, for it serves nobody.

    `topics` and `policies` are files by their names, all that there are; empty means as in force. `graph` is a module with a
    `build_case_graph` of its own.
    """

    topics: dict[str, str] = Field(default_factory=dict)
    policies: dict[str, str] = Field(default_factory=dict)
    graph: str | None = Field(default=None, min_length=1, max_length=200)

    @property
    def differs(self) -> list[str]:
        """The parts that differ from the release in force, in words."""
        parts = [self.model, self.model_url, *(f"prompt of {one}" for one in self.prompts)]
        folders = [name for name in ("topics", "policies") if getattr(self, name)]
        return [one for one in (*parts, *folders, self.graph) if one]


class ShadowBudget(Model):
    """The most that a shadow may use in a day of the business. `usd` counts as far as prices of models are set."""

    calls: int = Field(default=500, ge=1, le=1_000_000, description="calls of the model")
    lookups: int = Field(default=2_000, ge=1, le=10_000_000, description="questions to the business's systems")
    tokens: int = Field(default=2_000_000, ge=1, le=10_000_000_000)
    usd: float = Field(default=2.0, gt=0, le=1_000_000)


class ShadowSpent(Stored):
    """The use that was made of a budget."""

    calls: int = 0
    lookups: int = 0
    tokens: int = 0
    usd: float = 0.0

    def reached(self, budget: ShadowBudget, *kinds: str) -> str:
        """Return what of these kinds, or of any, is used up, in words; empty where something is left of each."""
        used = [
            f"{getattr(self, name):,} of {getattr(budget, name):,} {name}"
            for name in kinds or type(self).model_fields
            if getattr(self, name) >= getattr(budget, name)
        ]
        return ", ".join(used)


class StepOfShadow(StrEnum):
    """Steps of a shadow: started, stopped by a person or by Handrail, at rest for a day whose budget is used up."""

    START = "start"
    STOP = "stop"
    REST = "rest"


class ShadowStep(Stored):
    """A step of a shadow, by whom and why."""

    step_id: int = 0
    shadow_id: int
    kind: StepOfShadow
    actor: str
    words: str = ""
    day: date | None = None
    at: datetime | None = None


class Shadow(Stored):
    """A shadow as it stands. `share` is the part of the cases that it answers, in per cent."""

    shadow_id: int = 0
    release: str
    base: str
    parts: ReleaseParts
    candidate: ShadowCandidate
    share: float
    budget: ShadowBudget
    owner: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def going(self) -> bool:
        """True until it is stopped."""
        return self.stopped_at is None


class ProposedEffect(Stored):
    """An effect that was proposed; of a candidate, that would have been. `ruling` is the policies', before any dial."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    ruling: Ruling = Ruling.ALLOW
    rules: list[str] = Field(default_factory=list)


class ShadowAnswer(Stored):
    """The candidate's answer to the first turn of a case: where it would have gone, and what it would have done or said.

    `passes` tells whether the reply would have passed the guard; None where it wrote none. `stopped` says why it was stopped
    short: its budget, a switch, its model.
    """

    topic: str = ""
    to_people: bool = False
    reason: str = ""
    effect: ProposedEffect | None = None
    reply: str | None = None
    passes: bool | None = None
    sent_back: int = 0
    looked_up: list[str] = Field(default_factory=list)
    refused: list[str] = Field(default_factory=list, description="what it tried and no shadow may")
    models: list[str] = Field(default_factory=list)
    stopped: str = ""
    failed: str = Field(default="", description="why there is no answer: what the graph raised")


class AnswerState(StrEnum):
    """An answer that was begun, that stands, or that there is none of."""

    BEGUN = "begun"
    ANSWERED = "answered"
    FAILED = "failed"


class ShadowCase(Stored):
    """A case to be answered: its first words, with when it was opened. `tries` counts answers that were begun and lost."""

    case_id: str
    customer_id: str
    channel: str
    opened_at: datetime
    messages: list[dict[str, Any]] = Field(default_factory=list)
    own: list[str] = Field(default_factory=list, description="the effects that the case itself proposed so far")
    tries: int = 0


class RealTurn(Stored):
    """The real course of the first turn of a case.

    `effect` is what the serving release proposed first, `decided` what people made of it or of its reply: approved, edited or
    rejected; `arguments` are those that they approved. `done_at` is when the case's first effect was made.
    """

    ended: bool = False
    topic: str = ""
    to_people: bool = False
    reason: str = ""
    effect: ProposedEffect | None = None
    reply: str | None = None
    decided: str | None = None
    arguments: dict[str, Any] | None = None
    done_at: datetime | None = None


class AnswerBeside(Stored):
    """A candidate's answer beside what really happened."""

    case_id: str
    day: date
    state: AnswerState
    answer: ShadowAnswer | None = None
    why: str = ""
    ended_at: datetime | None = None
    real: RealTurn = Field(default_factory=RealTurn)


class AnswersCompared(Stored):
    """An answer held against what really happened. None: there is nothing to compare, or it cannot be told.

    `agrees` says whether the candidate did what people then decided, `agreed` whether the serving release had.
    """

    case_id: str
    topic: str
    route: bool | None = None
    tool: bool | None = None
    ruling: bool | None = None
    passes: bool | None = None
    agrees: bool | None = None
    agreed: bool | None = None
    left_out: str = Field(default="", description="why it is not compared")


class SharedShare(Stored):
    """A share of compared answers with Wilson's interval (95 %); None where there are none."""

    hits: int = 0
    n: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None


class ShadowReport(Stored):
    """The answers of a shadow held against what really happened, of all topics and of each."""

    shadow: Shadow
    sampled: int = 0
    answered: int = 0
    failed: dict[str, int] = Field(default_factory=dict, description="answers that there are none of, by why")
    left_out: dict[str, int] = Field(default_factory=dict, description="answers that are not compared, by why")
    compared: int = 0
    shares: dict[str, SharedShare] = Field(default_factory=dict)
    by_topic: dict[str, dict[str, SharedShare]] = Field(default_factory=dict)
    spent: ShadowSpent = Field(default_factory=ShadowSpent)
    words: list[str] = Field(default_factory=list)
    cases: list[AnswersCompared] = Field(default_factory=list)


def ruled_by_policies(hits: Sequence[RuleHit]) -> Ruling:
    """Return the strictest ruling of policies and topic, whatever the dial, the routing or people made of it."""
    return Ruling.strictest(hit.ruling for hit in hits if hit.rule not in LOWERED_BY)
