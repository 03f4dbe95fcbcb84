"""The governor: rules by which alarms take autonomy back, and what it did."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import Model, Stored
from handrail.domain.quality.watch.drift import AlarmKind

GOVERNOR = "governor"
"""The actor of its controls."""
PAGE = "page"
"""What a rule says that tells people and steps nothing down."""


class RuleOf(StrEnum):
    """The topics that a rule steps down.

    The alarm's own; of an alarm of all cases those that hold `most_of` of the rise; those that relied on a judge; the whole
    agent at once.
    """

    TOPIC = "topic"
    ALL = "all"
    JUDGED = "judged"
    EVERYTHING = "everything"


class GovernorRule(Model):
    """A rule: alarms that are like this step topics down, or only page people.

    Lists that are empty mean every one. `of` says which topics are meant; where an alarm of all cases has none that holds most
    of the rise, people are asked. `proven`: the e-detector must have proven it, too.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    kinds: list[AlarmKind] = Field(default_factory=lambda: [AlarmKind.DRIFT], min_length=1)
    indicators: list[str] = Field(default_factory=list)
    topics: list[str] = Field(default_factory=list)
    of: RuleOf = RuleOf.TOPIC
    proven: bool = False
    to: Literal[Autonomy.REVIEW, Autonomy.DRAFT, Autonomy.OFF, "page"] = Autonomy.REVIEW

    @model_validator(mode="after")
    def _fits(self) -> GovernorRule:
        if self.of is RuleOf.JUDGED and set(self.kinds) != {AlarmKind.JUDGE}:
            raise ValueError(
                f"the rule {self.id!r} is of 'judged', which only alarms of the kind 'judge' are. Write kinds: [judge]"
            )
        if AlarmKind.JUDGE in self.kinds and self.of not in (RuleOf.JUDGED, RuleOf.EVERYTHING):
            raise ValueError(
                f"the rule {self.id!r} has the kind 'judge', whose alarms are of 'judged' topics. Write of: judged"
            )
        return self

    @property
    def level(self) -> Autonomy:
        """The level to which it steps down; `auto` where it only pages people."""
        return Autonomy(self.to) if self.to != PAGE else Autonomy.AUTO


class BlastLimit(Model):
    """The most that the governor does by itself within 24 hours: so many topics, and this part of all opened cases."""

    topics: int = Field(default=3, ge=0, le=1_000)
    volume: float = Field(default=0.5, ge=0, le=1)


class RaiseEvidence(Model):
    """The evidence that a step up needs: of at least so many decisions the share that people approved unchanged.

    What counts is Wilson's lower bound (95 %) of that share.
    """

    target: float = Field(default=0.95, ge=0.5, lt=1)
    decisions: int = Field(default=50, ge=10, le=100_000)


class GovernorDefinitions(Model):
    """The whole of `governor.yaml`."""

    version: Literal[1] = 1
    dwell_hours: float = Field(default=24, ge=24, le=720, description="at least so long lies between two steps of a topic")
    most_of: float = Field(
        default=0.5, gt=0, le=1, description="the part of a rise of all cases from which a topic steps down for it"
    )
    blast: BlastLimit = Field(default_factory=BlastLimit)
    evidence: RaiseEvidence = Field(default_factory=RaiseEvidence)
    rules: list[GovernorRule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> GovernorDefinitions:
        ids = [rule.id for rule in self.rules]
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"the rule {one!r} stands here twice; rename one of them")
        return self


class StepKind(StrEnum):
    """A step of the governor: down; asked of people instead; left, for the topic is that low already. Up: by people alone."""

    DOWN = "down"
    PAGED = "paged"
    KEPT = "kept"
    RAISED = "raised"


class GovernorStep(Stored):
    """A step of the governor, or of a person who raised a topic again. `volume` is the topic's part of all opened cases."""

    step_id: int = 0
    kind: StepKind
    day: date
    topic: str
    level: Autonomy
    rule: str = ""
    alarm_id: int | None = None
    control_id: int | None = None
    volume: float = 0
    words: str
    evidence: dict[str, float | str | None] = Field(default_factory=dict)
    actor: str = GOVERNOR
    at: datetime | None = None


class TopicNow(Stored):
    """A topic as the governor finds it: the agent's freedom now, its part of all opened cases, its latest step down."""

    topic: str
    level: Autonomy
    volume: float = 0
    stepped_at: datetime | None = None


class ReviewCount(Stored):
    """People's decisions in a topic since some moment; `recent` are those of the last 28 days."""

    topic: str
    since: datetime
    approved: int = 0
    decided: int = 0
    recent: int = 0


class RaiseProposal(Stored):
    """A topic that could be raised, or could not yet: the evidence since it was lowered.

    `low` is Wilson's lower bound of the share approved unchanged. `reachable_on` is the day on which it would be enough at the
    present volume and share; None where it never would.
    """

    topic: str
    level: Autonomy
    held_by: str = Field(description="what keeps it there: governor, topic, review_gate, owner or control")
    owner: str | None = None
    since: datetime
    approved: int
    decided: int
    low: float | None = None
    target: float
    enough: bool
    reachable_on: date | None = None
    words: str
    shadow: str = Field(default="", description="what a shadow of the release in force says of the topic")
