"""Watching as it stands: what keeps each series from alarming, and how many alarms of each detector were real."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.quality.watch.drift import Detector


class WatchStanding(Stored):
    """A series as it stands: signed by whom, and what keeps it from alarming, if anything does (`armed`)."""

    series: str
    accepted_by: str = ""
    since: date | None = None
    until: date | None = None
    watch_from: date | None = None
    alarms: float = Field(description="its part of the budget, in false alarms a year")
    armed: bool
    state: str


class Precision(Stored):
    """The ledger of a detector's alarms: how many there were, and how many of those that people judged were real."""

    detector: Detector
    alarms: int
    acknowledged: int
    real: int
    low: float | None = Field(default=None, description="Wilson's lower bound (95 %) of the share that was real")
    high: float | None = None
