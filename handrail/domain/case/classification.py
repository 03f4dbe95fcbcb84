"""The classification of a message, made before any language model sees it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored

OUT_OF_SCOPE = "out_of_scope"


class Risk(StrEnum):
    """The risk of a message; the order is from little to much."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
    FORBIDDEN = "forbidden"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (forbidden)."""
        return list(Risk).index(self)


class Sentiment(StrEnum):
    """The tone of a message; `angry` from a frustration of 0.5 on."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    ANGRY = "angry"


class FurtherWish(Stored):
    """A wish beside the one that a turn is about: its topic, and the customer's sentences about it, as they were written."""

    topic: str
    sentences: list[str]


class Classification(Stored):
    """Routing's view of one message. Confidences are 0 to 1; `reasons` can be read by a person.

    `confidences` holds one per field: topic, risk, complexity, language, sentiment, wants_person. `abstained`: the local
    classifier could not tell, though the message is not clearly out of scope; whoever asks a language model asks it only then.
    `besides` are further wishes: parts of the message are surely about other topics, and it names several things apart.
    """

    topic: str = Field(description=f"a topic's name, or {OUT_OF_SCOPE!r}")
    confidence: float = Field(ge=0, le=1)
    risk: Risk = Risk.LOW
    complexity: str = "single"
    language: str = "en"
    language_confidence: float = Field(default=1.0, ge=0, le=1)
    frustration: float = Field(default=0.0, ge=0, le=1)
    sentiment: Sentiment = Sentiment.NEUTRAL
    wants_person: bool = False
    besides: list[FurtherWish] = Field(default_factory=list)
    confidences: dict[str, float] = Field(default_factory=dict)
    abstained: bool = False
    reasons: list[str] = Field(default_factory=list)
    router_version: str = ""


class SentimentPoint(Stored):
    """The customer's frustration in one turn, 0 to 1; a case's points are its trace."""

    turn: int
    at: datetime
    frustration: float = Field(ge=0, le=1)
