"""A topic: a bounded subject that the agent may handle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import Field, model_validator

from handrail.domain.actions.proposals import Confirming
from handrail.domain.base import Model, Stored, digest
from handrail.domain.team.hours import Minutes
from handrail.domain.text.reply.advice import Subject


class Autonomy(StrEnum):
    """The freedom of the agent in a topic; the order is from much to nothing."""

    AUTO = "auto"
    REVIEW = "review"
    DRAFT = "draft"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 (auto) to 3 (off)."""
        return RANKS[self]


RANKS = {level: number for number, level in enumerate(Autonomy)}


def strictest(*autonomies: Autonomy) -> Autonomy:
    """Return the autonomy that leaves the agent the least; `auto` where none is given."""
    return max(autonomies, key=lambda one: one.rank, default=Autonomy.AUTO)


class Setting(Stored):
    """A source's word on a topic's autonomy now; sources are the topic's file, its owner, its review gate, a live control.

    `source` is short and stable ('topic', 'owner', 'review_gate', 'control'); `why` can be read by a person.
    """

    source: str
    autonomy: Autonomy
    why: str


class Dialled(Stored):
    """The agent's freedom now: the strictest of what every source says. Made by `dialled`, never by hand."""

    autonomy: Autonomy
    why: str = Field(description="the words of the sources that led to it")
    settings: list[Setting] = Field(default_factory=list, description="every source's word, the strictest first")


class LeverSettings(Stored):
    """The settings of one lever: for a topic, and for each of the tools that were asked about (the topic's included)."""

    topic: list[Setting] = Field(default_factory=list)
    tools: dict[str, list[Setting]] = Field(default_factory=dict)


class TopicAutonomy(Stored):
    """The agent's freedom in a topic now, and with each of the tools that were asked about: of one moment."""

    topic: Dialled
    tools: dict[str, Dialled] = Field(default_factory=dict)


def dialled(settings: Iterable[Setting]) -> Dialled:
    """The strictest of what every source says; `auto` where none says anything."""
    ordered = sorted(settings, key=lambda one: -one.autonomy.rank)
    autonomy = strictest(*(one.autonomy for one in ordered))
    words = [one.why for one in ordered if one.autonomy is autonomy]
    return Dialled(autonomy=autonomy, why=" ".join(words), settings=ordered)


class ExecutionBounds(Model):
    """Execution bounds: what hits one goes to a person. Those that begin with `turn_` are of one turn, the others of the case.

    `repeated_call` counts equal calls with equal arguments, `steps` model calls. `seconds` is how long the model worked on
    the case, `turn_seconds` the time since the turn, or a person's decision in it, set the agent to work.
    """

    repeated_call: int = Field(default=3, ge=1, le=20)
    steps: int = Field(default=100, ge=1, le=1_000)
    cost_usd: float = Field(default=10.0, gt=0)
    seconds: float = Field(default=1_800, gt=0)
    turn_steps: int = Field(default=100, ge=1, le=1_000)
    turn_cost_usd: float = Field(default=10.0, gt=0)
    turn_seconds: float = Field(default=600, gt=0)


class Prefetch(Model):
    """A read tool that runs before the first model call of a turn; `arguments` are fixed values."""

    tool: str
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)


class Patience(Model):
    """The bounds of a customer's patience with the machine; beyond them a person takes over."""

    same_question: float = Field(
        default=0.8, ge=0.5, le=1, description="share of common words from which a message repeats an answered one"
    )
    turns_without_progress: int = Field(
        default=3, ge=2, le=20, description="the agent asks again so many times in a row and learns nothing new"
    )
    second_contact_hours: float = Field(
        default=48, ge=0, le=720, description="another case about the same thing, answered so recently; 0 never counts one"
    )


ENOUGH_DECISIONS = 20
"""Decisions without which a share of edits says little; fewer where a gate itself asks for fewer cases."""


class ReviewGate(Model):
    """`review` for the first `cases` reviewed cases or `days` days, whichever ends first; then `auto`, if people edited or
    rejected at most `max_edit_rate` of what they decided on since the gate began. Raise `round` to begin again.
    """

    cases: int | None = Field(default=None, ge=1, description="cases in which a person decided on a reply or an effect")
    days: float | None = Field(default=None, gt=0, le=3_650, description="days since the gate was first in force")
    max_edit_rate: float = Field(default=0.05, ge=0, le=1)
    round: int = Field(default=1, ge=1, description="another number is another gate: its count begins anew")

    @model_validator(mode="after")
    def _ends(self) -> ReviewGate:
        if self.cases is None and self.days is None:
            raise ValueError("needs `cases` or `days`, or both: without one of them the review would never end")
        return self

    @property
    def version(self) -> str:
        """The hash of what it says; a gate of another version counts for itself."""
        return digest(self.model_dump(mode="json"))[:16]

    @property
    def decisions_needed(self) -> int:
        """The least number of decisions that the share of edits is taken from."""
        return min(ENOUGH_DECISIONS, self.cases) if self.cases is not None else ENOUGH_DECISIONS


class ConfidenceGates(Model):
    """The confidence that routing must have in the topic for the agent to act there without a person."""

    replies: float = Field(default=0, ge=0, le=1, description="below it a person approves every reply")
    effects: float = Field(default=0, ge=0, le=1, description="below it a person approves every effect")


class Topic(Model):
    """One YAML file of a business's `topics/` folder. `name` is the file's stem."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    description: str = Field(min_length=1)
    examples: list[str] = Field(min_length=5, description="customers' sentences; the router learns from them")
    people_only: bool = Field(default=False, description="the agent never handles it")
    tools: list[str] = Field(default_factory=list)
    prefetch: list[Prefetch] = Field(default_factory=list)
    prompt: str = ""
    autonomy: Autonomy = Autonomy.AUTO
    owner: str | None = Field(default=None, min_length=1, max_length=120, description="who answers for it; `auto` needs one")
    review_by: date | None = Field(default=None, description="the day until which its owner looks at it anew; see `preflight`")
    premortem: str | None = Field(
        default=None, min_length=20, max_length=400, description="headline of its pre-mortem: what went wrong, as if it had"
    )
    review_gate: ReviewGate | None = None
    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    gates: ConfidenceGates = Field(default_factory=ConfidenceGates)
    confirm: Confirming | None = Field(default=None, description="the customer's yes that every effect here needs first")
    confirm_minutes: int | None = Field(default=None, ge=1, le=43_200, description="how long their yes counts; a day if unset")
    frustration_threshold: float = Field(default=0.7, ge=0, le=1, description="over it a person takes the case")
    patience: Patience = Field(default_factory=Patience)
    reply_within_minutes: Minutes = 60
    languages: list[str] = Field(default_factory=lambda: ["en"])
    bounds: ExecutionBounds = Field(default_factory=ExecutionBounds)
    no_advice: list[Subject] = Field(default_factory=lambda: list(Subject), description="subjects without advice in a reply")
