"""Days that ended in a drill, as the record holds them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from handrail.domain.base import Stored


class LookedAtDay(Stored):
    """A day with its steps. `counted` is how many cases its sample was drawn from, `ended` how many ended within it."""

    day: str
    since: datetime
    until: datetime
    done: list[str] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)
    counted: int | None = None
    drawn: int | None = None
    ended: int = 0


class DrawnRow(Stored):
    """A case of a day's sample; `ended_at` is when it first ended."""

    day: str
    case_id: str
    ended_at: datetime | None = None


class ScoreRow(Stored):
    """A scorer's word on a drawn case."""

    day: str
    case_id: str
    scorer: str
