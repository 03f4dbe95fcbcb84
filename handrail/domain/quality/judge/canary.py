"""Canary prompts: the same questions put to the agent's model every day, by which another model behind its name is noticed."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field, field_validator

from handrail.domain.base import Model, Stored, digest
from handrail.domain.llm.agent import Usage

TEMPERATURE = 1.0
"""At 0 a model gives one answer, from which no distribution can be told."""


class CanaryFile(Model):
    """The whole of `canary.yaml`: `answers` of each prompt are asked for each day.

    `alarms_a_year` is how many false alarms a year are accepted; `baseline_days` how many days stand behind a baseline.
    """

    version: int = Field(default=1, ge=1, le=1)
    answers: int = Field(default=5, ge=2, le=50)
    alarms_a_year: float = Field(default=1.0, gt=0, le=12)
    baseline_days: int = Field(default=4, ge=2, le=30)
    prompts: list[str] = Field(min_length=5, max_length=100)

    @field_validator("prompts")
    @classmethod
    def _different(cls, value: list[str]) -> list[str]:
        for number, prompt in enumerate(value):
            if not 5 <= len(prompt.strip()) <= 500:
                raise ValueError(f"prompt {number + 1} has {len(prompt.strip())} characters. Write 5 to 500")
            if prompt in value[:number]:
                raise ValueError(f"prompt {number + 1} stands there before. Keep one of them")
        return value

    @property
    def key(self) -> str:
        """Return what answers can be compared under: another set of prompts is another canary."""
        return digest(self.prompts)[:16]


class CanaryPrompt(Stored):
    """A prompt; `name` goes with the call, for the server's own log."""

    name: str
    text: str


class CanaryAnswer(Stored):
    """An answer of the model, and the name that its server gave."""

    text: str
    model: str = ""
    fingerprint: str | None = None
    usage: Usage = Field(default_factory=Usage)


class KeptAnswer(Stored):
    """An answer as it is kept: to which prompt, the how-manieth of which day, of which model on which server."""

    day: date
    served: str
    canary: str
    prompt: int
    number: int
    text: str
    model: str = ""
    fingerprint: str | None = None
    usage: Usage = Field(default_factory=Usage)
    asked_at: datetime


class CanaryBaseline(Stored):
    """A baseline that a person vouched for: the answers of the days `since` to `until`, both included."""

    baseline_id: int
    served: str
    canary: str
    since: date
    until: date
    answers: int
    models: list[str] = Field(default_factory=list)
    reason: str
    actor: str
    at: datetime


class CanaryResult(Stored):
    """A day's comparison with the baseline.

    `p_day` is of that day's answers alone, `p_latest` of those of the latest three days together; None where there was
    nothing to compare, which `words` explain.
    """

    day: date
    served: str
    canary: str
    baseline_id: int | None = None
    answers: int = 0
    p_day: float | None = None
    p_latest: float | None = None
    level: float = 0.0
    hit: bool = False
    models: list[str] = Field(default_factory=list)
    words: str
    at: datetime
