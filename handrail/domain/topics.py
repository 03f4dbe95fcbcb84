"""A topic: a bounded subject that the agent may handle."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from handrail.domain.model import Model


class Autonomy(StrEnum):
    """How far the agent may go in a topic; the order is from much to nothing."""

    AUTO = "auto"
    REVIEW = "review"
    DRAFT = "draft"
    OFF = "off"


class Bounds(Model):
    """Execution bounds of one case. `repeated_call` counts equal calls with equal arguments."""

    repeated_call: int = Field(default=3, ge=1, le=20)
    steps: int = Field(default=100, ge=1, le=1_000)
    cost_usd: float = Field(default=10.0, gt=0)


class Prefetch(Model):
    """A read tool that runs before the first model call of a turn; `arguments` are fixed values."""

    tool: str
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)


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
    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    reply_within_minutes: int = Field(default=60, ge=1)
    languages: list[str] = Field(default_factory=lambda: ["en"])
    bounds: Bounds = Field(default_factory=Bounds)
