"""The packet that a person receives with a case: version 1.

Fields are only added, with a default; the JSON schema is made from these models (`handrail handoff schema`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.base import Stored
from handrail.domain.case.classification import Risk, SentimentPoint
from handrail.domain.case.routes import Route as Route

TRAIL = 60
"""How many lines of what was tried, and how many policy hits, a packet keeps; the newest count."""


class StatedFact(Stored):
    """Something that the customer stated, in their own words, and where. It is not verified.

    `kind` is number (of an order, a parcel, an account), amount, date, email, phone, card, address, name (of a person or a
    product) or attachment; of a card number only the last four digits are kept.
    """

    kind: str
    value: str
    words: str = Field(default="", description="the sentence that it stands in")
    turn: int
    at: datetime
    message_id: str = ""


class Escalation(Stored):
    """A case's reason to leave the agent: a stable `reason` code and words for people."""

    reason: str
    words: str


class Fact(Stored):
    """A verified fact: where it comes from and when it was read."""

    name: str
    value: Any
    source: str
    at: datetime
    clipped: str = Field(default="", description="where the whole of it stands, if `value` is only its beginning")


class CustomerWords(Stored):
    """The customer's own words in one message. `clipped`: the transcript holds the rest."""

    message_id: str = ""
    turn: int
    at: datetime
    text: str
    clipped: bool = False


class MessageExtract(Stored):
    """An extract of customers' messages, made when they were recorded: what they state, and their words, cards hidden."""

    stated: list[StatedFact] = Field(default_factory=list)
    said: list[CustomerWords] = Field(default_factory=list)


class PolicyHit(Stored):
    """A rule that held or stopped something. `version` is the content hash of the policies it stood in."""

    policy: str = ""
    rule: str = ""
    ruling: str = ""
    message: str
    version: str = ""

    def __str__(self) -> str:
        """policy/rule: message."""
        name = "/".join(filter(None, (self.policy, self.rule)))
        return f"{name}: {self.message}" if name else self.message


class Versions(Stored):
    """The versions in force when the case came: content hashes of files, the model's own name."""

    router: str = ""
    policies: list[str] = Field(default_factory=list)
    matrix: str = ""
    model: str = ""
    release: str = Field(default="", description="what answered, as one hash")
    arm: str = Field(default="", description="'control' or 'candidate', where a ramp was going")

    def since(self, before: Versions) -> Versions:
        """These, completed by what was known before."""
        return Versions(
            router=self.router or before.router,
            policies=list(dict.fromkeys([*before.policies, *self.policies])),
            matrix=self.matrix or before.matrix,
            model=self.model or before.model,
            release=self.release or before.release,
            arm=self.arm if self.release else before.arm,
        )


class CaseTrail(Stored):
    """The trail of the turns so far, what was tried and ruled, oldest first; nothing twice."""

    tried: list[str] = Field(default_factory=list)
    hits: list[PolicyHit] = Field(default_factory=list)
    versions: Versions = Field(default_factory=Versions)

    def then(self, later: CaseTrail) -> CaseTrail:
        """This, and what came later; of very much the newest."""
        return CaseTrail(
            tried=list(dict.fromkeys([*self.tried, *later.tried]))[-TRAIL:],
            hits=list({str(hit): hit for hit in [*self.hits, *later.hits]}.values())[-TRAIL:],
            versions=later.versions.since(self.versions),
        )


class Passing(Stored):
    """An earlier time at which the case was handed to people."""

    at: datetime
    reason: str
    words: str
    queue: str
    tier: int
    holder: str = Field(default="", description="who had it in the end")


class Handoff(Stored):
    """The packet. Everything a person needs so that the customer never repeats anything.

    `stated` and `said` are the customer's and not verified; `facts` were read from systems of record. `earlier` are the
    hand-offs before this one. `absent` says what could not be read when it was made.
    """

    version: Literal[1] = 1
    case_id: str
    customer_id: str = ""
    problem: str = Field(description="in one sentence")
    wanted: str = Field(description="what the customer wants, in their words")
    escalation: Escalation
    route: Route
    topic: str
    risk: Risk
    language: str
    stated: list[StatedFact] = Field(default_factory=list)
    said: list[CustomerWords] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    tried: list[str] = Field(default_factory=list)
    policy_hits: list[PolicyHit] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    asked: list[AskedEffect] = Field(default_factory=list, description="what the customer was asked, and answered")
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    open_questions: list[str] = Field(default_factory=list)
    suggested_reply: str | None = None
    next_step: str = ""
    earlier: list[Passing] = Field(default_factory=list)
    holder: str = Field(default="", description="who had the case when it left people again")
    versions: Versions = Field(default_factory=Versions)
    absent: list[str] = Field(default_factory=list)
    transcript: str = Field(description="where the whole transcript stands")
    at: datetime

    @field_validator("policy_hits", mode="before")
    @classmethod
    def _from_words(cls, hits: Any) -> Any:
        """A packet from before hits had parts says `rule: message`."""
        return [{"message": one} if isinstance(one, str) else one for one in hits] if isinstance(hits, list) else hits
