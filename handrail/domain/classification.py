"""What is known of a message before any language model sees it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from handrail.domain.model import Stored

OUT_OF_SCOPE = "out_of_scope"


class Risk(StrEnum):
    """How much can go wrong; the order is from little to much."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
    FORBIDDEN = "forbidden"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (forbidden)."""
        return list(Risk).index(self)


class Classification(Stored):
    """Routing's view of one message. Confidences are 0 to 1; `reasons` can be read by a person."""

    topic: str = Field(description=f"a topic's name, or {OUT_OF_SCOPE!r}")
    confidence: float = Field(ge=0, le=1)
    risk: Risk = Risk.LOW
    complexity: str = "single"
    language: str = "en"
    language_confidence: float = Field(default=1.0, ge=0, le=1)
    frustration: float = Field(default=0.0, ge=0, le=1)
    wants_person: bool = False
    reasons: list[str] = Field(default_factory=list)
    router_version: str = ""
