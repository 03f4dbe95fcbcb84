"""What a person receives with a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.classification import Risk
from handrail.domain.effects import EffectResult
from handrail.domain.model import Stored


class Escalation(Stored):
    """Why a case leaves the agent: a stable `reason` code and words for people."""

    reason: str
    words: str


class Route(Stored):
    """Where the escalation matrix sends a case. `tell` is what the customer is told, language to sentence."""

    tier: int = Field(ge=1, le=2)
    queue: str
    priority: int = 3
    respond_within_minutes: int = 240
    tell: dict[str, str] = Field(default_factory=dict)
    row: str = ""


class Fact(Stored):
    """A verified fact: where it comes from and when it was read."""

    name: str
    value: Any
    source: str
    at: datetime


class Handoff(Stored):
    """The packet. Everything a person needs so that the customer never repeats anything."""

    version: int = 1
    case_id: str
    problem: str
    wanted: str
    escalation: Escalation
    route: Route
    topic: str
    risk: Risk
    language: str
    facts: list[Fact] = Field(default_factory=list)
    tried: list[str] = Field(default_factory=list)
    policy_hits: list[str] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    open_questions: list[str] = Field(default_factory=list)
    suggested_reply: str | None = None
    next_step: str = ""
    transcript: str = Field(description="where the whole transcript stands")
    at: datetime
