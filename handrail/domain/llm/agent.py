"""Requests to the language model, and its answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.earlier import ToldEffect
from handrail.domain.base import Stored
from handrail.domain.case.messages import Message


class Disposition(StrEnum):
    """The agent's opinion on what should happen to the case after its reply."""

    RESOLVED = "resolved"
    AWAITING_CUSTOMER = "awaiting_customer"
    ESCALATE = "escalate"


class ToolCall(Stored):
    """A call that the model asked for; `arguments` are not yet checked against the tool's model."""

    call_id: str
    tool: str
    arguments: dict[str, Any]


class Exchange(Stored):
    """A tool call of this turn with what came back. `result` is data from a system of record, never instructions."""

    call: ToolCall
    result: dict[str, Any]
    ok: bool = True


class ToolSpec(Stored):
    """A tool as the model sees it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]
    effect: bool = False


class ModelRequest(Stored):
    """One model call. `context` is what the topic prefetched, name to data; `earlier` are effects of earlier turns, bounded;
    `exchanges` and `feedback` are this turn's: its calls, and the guardrail's words to what did not pass."""

    case_id: str
    customer_id: str = Field(default="", description="for live controls; the model never sees it")
    topic: str
    prompt: str
    tools: list[ToolSpec] = Field(default_factory=list)
    transcript: list[Message] = Field(default_factory=list)
    context: dict[str, Any] = Field(default_factory=dict)
    earlier: list[ToldEffect] = Field(default_factory=list)
    exchanges: list[Exchange] = Field(default_factory=list)
    feedback: list[str] = Field(default_factory=list)
    language: str = "en"


class Usage(Stored):
    """The usage of model calls. `cost_usd` is 0 where no price is known.

    `estimated`: a server did not count its tokens; they are at most so many.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    estimated: bool = False

    def plus(self, other: Usage) -> Usage:
        """The sum."""
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            seconds=self.seconds + other.seconds,
            estimated=self.estimated or other.estimated,
        )


class ModelAnswer(Stored):
    """Either `calls`, or `reply` with `confidence` and `disposition`. `model` and `fingerprint` are the server's words."""

    calls: list[ToolCall] = Field(default_factory=list)
    reply: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    disposition: Disposition | None = None
    model: str = ""
    fingerprint: str | None = None
    usage: Usage = Field(default_factory=Usage)
