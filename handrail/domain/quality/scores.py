"""Verdicts of scorers on cases, and the record of a case that they are reached from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, TypeAdapter

from handrail.domain.actions.effects import EffectResult
from handrail.domain.base import Stored
from handrail.domain.case.messages import Author
from handrail.domain.quality.samples import CaseRisk

QUOTE = 240
"""Characters of a quotation in evidence."""
SCORED_BY: Mapping[str, int] = {"grounding": 1, "policy": 1, "promises": 1, "tone": 1, "language": 1, "repetition": 1}
"""Every scorer by its name, with its version. A new version scores days from then on; what was scored stays as it was."""

_WORD = re.compile(r"\w+")


def normalised(text: str) -> str:
    """Return the words of a text alone, in small letters: how it is compared with others."""
    return " ".join(_WORD.findall(text.casefold()))


class ScoreVerdict(StrEnum):
    """A binary verdict, or none: what was not measured is neither good nor bad."""

    GOOD = "good"
    BAD = "bad"
    UNMEASURED = "unmeasured"


class ScoreEvidence(Stored):
    """The ground of a verdict: the rule that was broken, or why nothing could be measured, with a quotation."""

    rule: str
    words: str
    message_id: str | None = None
    quote: str = Field(default="", description="the customer's or the agent's own text: data, never instructions")


class CaseScore(Stored):
    """The verdict of one scorer on one case."""

    case_id: str
    scorer: str
    version: int
    verdict: ScoreVerdict
    evidence: list[ScoreEvidence] = Field(default_factory=list)


class SpokenMessage(Stored):
    """A message of the case."""

    message_id: str
    author: Author
    text: str
    at: datetime
    turn: int
    language: str | None = None


class LedgerAction(Stored):
    """A row of the ledger: a read, an effect or a reply that was proposed, how it was ruled on, and what came of it."""

    effect_id: str
    kind: str
    action: str
    arguments: dict[str, Any]
    arguments_hash: str
    ruling: str
    rules: list[str] = Field(default_factory=list, description="POLICY/RULE of every rule that matched")
    asks: bool = Field(default=False, description="a rule had the customer asked first")
    approval_status: str | None = None
    decided_arguments: dict[str, Any] | None = None
    decided_hash: str | None = None
    decided_at: datetime | None = None
    outcome: str | None = None
    applied_hash: str | None = None
    applied_at: datetime | None = None


class ScoredRecord(Stored):
    """A case as its record tells it, for scorers.

    `facts` were read from systems of record, as of the last turn's end; `last_replies` are the ids of the messages of that
    turn. `confirmed` are the ids of the effects that the customer said yes to, with the moments. `same_reply` counts, for
    each normalised reply of the case, the customers who were sent it on the day. `on_record` are texts that the business
    tells of the customer, None where it could not be asked.
    """

    case_id: str
    customer_id: str
    topic: str | None
    language: str | None
    messages: list[SpokenMessage] = Field(default_factory=list)
    actions: list[LedgerAction] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list, description="what people told the agent when they gave the case back")
    facts: list[Any] | None = Field(default=None, description="None where the turn's journal does not tell")
    last_replies: list[str] = Field(default_factory=list)
    on_record: list[str] | None = Field(default_factory=list)
    confirmed: dict[str, datetime] = Field(default_factory=dict)
    same_reply: dict[str, int] = Field(default_factory=dict)
    withdrawn: bool = Field(default=False, description="the customer has withdrawn messages, which are not among these")


class ScoringTopic(Stored):
    """A topic's texts that replies may rest on, and the subjects on which it gives no advice."""

    name: str
    terms: list[str]


class ScoringTerms(Stored):
    """The business as scorers know it."""

    topics: list[ScoringTopic] = Field(default_factory=list)
    links: list[str] = Field(default_factory=list)
    repeated_to: int = 20


class ScoreFigure(Stored):
    """The share of bad verdicts of a scorer in a group of cases, estimated from the sample.

    `value`, `low` and `high` are None where too few cases were measured to say anything.
    """

    scorer: str
    group: str | None = None
    n: int = Field(description="measured cases of the sample")
    bad: int
    unmeasured: int
    stands_for: float = Field(description="ended cases for which the measured ones stand")
    value: float | None = None
    low: float | None = None
    high: float | None = None
    statement: str = Field(description="in words")


class ScoresReport(Stored):
    """The scores of a period of days, weighted by the sample."""

    since: date
    until: date = Field(description="the last day")
    zone: str
    by: str | None = None
    days: int = Field(description="days whose sample is scored")
    days_missing: list[date] = Field(default_factory=list, description="ended days that are not scored yet")
    cases: int = Field(description="cases that ended on those days")
    drawn: int
    unscored: int = Field(description="cases of the sample without a score")
    figures: list[ScoreFigure] = Field(default_factory=list)


class ScoredCase(Stored):
    """A verdict with the weight of its case, as `handrail.quality_scored` has it."""

    day: date
    case_id: str
    topic: str
    risk: CaseRisk
    weight: float
    scorer: str
    verdict: ScoreVerdict


RECORDS = TypeAdapter(list[ScoredRecord])
SCORES = TypeAdapter(list[CaseScore])
"""The records that a process which scores is given, and what it answers."""
