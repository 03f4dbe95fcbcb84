"""Ramps: a candidate release that serves a share of the customers beside the release in force."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.autonomy.topics import Topic
from handrail.domain.base import Model, Stored, digest
from handrail.domain.quality.evaluation.evaluations import ReleaseParts

HANDRAIL = "handrail"
"""The actor of what Handrail does to a ramp by itself."""
SOURCE = "ramp"
"""The source under which a candidate's gate speaks among the settings of a topic's autonomy."""
_PLACES = 1 << 52


class Arm(StrEnum):
    """The part of the customers whom the release in force answers, and the part whom the candidate answers."""

    CONTROL = "control"
    CANDIDATE = "candidate"


class Candidate(Model):
    """A candidate: another model, another server of it, other prompts of topics. All else of it is as in force."""

    model: str | None = Field(default=None, min_length=1, max_length=200)
    model_url: str | None = Field(default=None, min_length=1, max_length=500)
    prompts: dict[str, str] = Field(default_factory=dict, description="by topic; topics that are left out keep theirs")

    @property
    def key(self) -> str:
        """The hash that deals customers to arms: the same candidate, ramped again, meets the same customers first."""
        return digest(self.model_dump(mode="json"))[:16]

    def topic(self, topic: Topic) -> Topic:
        """Return the topic with the candidate's prompt."""
        prompt = self.prompts.get(topic.name)
        return topic if prompt is None else topic.model_copy(update={"prompt": prompt})


class StepOfRamp(StrEnum):
    """Steps of a ramp: started, set to another share, stopped by a person, rolled back by Handrail."""

    START = "start"
    STEP = "step"
    STOP = "stop"
    ROLLBACK = "rollback"


class RampStep(Stored):
    """A step of a ramp: from then on so many per cent of the customers."""

    step_id: int = 0
    ramp_id: int
    kind: StepOfRamp
    percent: float
    actor: str
    words: str = ""
    evidence: dict[str, Any] = Field(default_factory=dict)
    alarm_id: int | None = None
    at: datetime | None = None


class Ramp(Stored):
    """A ramp as it stands. `release` and `base` are the candidate and what was in force when it began.

    `percent` is the share of the customers whom the candidate answers.
    """

    ramp_id: int = 0
    release: str
    base: str
    parts: ReleaseParts
    candidate: Candidate
    owner: str
    evaluation_id: str | None = None
    started_at: datetime | None = None
    kind: StepOfRamp = StepOfRamp.START
    percent: float = 0
    stepped_at: datetime | None = None

    @property
    def going(self) -> bool:
        """True until it is stopped or rolled back."""
        return self.kind not in (StepOfRamp.STOP, StepOfRamp.ROLLBACK)

    def arm(self, customer_id: str) -> Arm | None:
        """Return the customer's arm at this share; None where the candidate answers nobody.

        It is a function of customer, candidate and share alone; whom a share takes in, every larger one does.
        """
        if not self.going or self.percent <= 0:
            return None
        return Arm.CANDIDATE if place_of(self.candidate.key, customer_id) * 100 < self.percent else Arm.CONTROL


class ArmValue(Stored):
    """A customer's share of bad cases on one day, under one indicator, in one arm."""

    day: date
    arm: Arm
    value: float = Field(ge=0, le=1)


class ArmsCompared(Stored):
    """An indicator in both arms of a ramp: shares of what is bad, and how much the bet that the candidate is worse has won.

    `worse` is the highest wealth so far, `needed` the one that proves it; `worse_since` and `not_worse_since` are the days on
    which either was proven. A wealth of 1 is the stake.
    """

    indicator: str
    margin: float
    candidate: float
    control: float
    candidate_n: int
    control_n: int
    worse: float
    needed: float
    worse_since: date | None = None
    not_worse_since: date | None = None
    words: str


class ServedRelease(Stored):
    """The release that answers a case, and the arm of the ramp that it is in, where one is going."""

    release: str = ""
    arm: Arm | None = None
    ramp_id: int | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The words of it for the audit and the record; none where it is not known."""
        known = {"release": self.release, "arm": self.arm and self.arm.value, "ramp": self.ramp_id}
        return {name: value for name, value in known.items() if value}


def place_of(key: str, customer_id: str) -> float:
    """Return the customer's place among all, from 0 up to and without 1, by SHA-256: the same in every process, for ever."""
    found = hashlib.sha256(f"{key}\0{customer_id}".encode("utf-8", "surrogatepass")).hexdigest()
    return int(found[:13], 16) / _PLACES
