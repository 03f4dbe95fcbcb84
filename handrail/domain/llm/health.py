"""Trouble with a language model: it fails too many cases, or is too slow for them.

A case counts once, by its latest call: however often one customer's call is repeated, that is one case.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from handrail.domain.base import Model, Stored
from handrail.domain.counting import many

SLOW_SHARE = 0.05
"""p95 is over a limit exactly where more than this share took longer than it."""


class CallOutcome(Model):
    """The outcome of a case's latest model call, `age` seconds ago; `name` is the model's in the server's words."""

    case_id: str
    age: float
    failed: bool = False
    slow: bool = False
    name: str | None = None


class CallTally(Stored):
    """A count of the latest calls of one window's cases; `slow` are those over the latency limit."""

    cases: int = 0
    failed: int = 0
    slow: int = 0


class ModelLimits(Model):
    """The limits beyond which there is trouble, over `window`; `lasting` is how long a step down holds."""

    cases: int = Field(default=10, ge=1, description="fewer cases than this prove nothing")
    share: float = Field(default=0.5, gt=0, le=1, description="of the cases whose latest call failed")
    slow: timedelta = timedelta(seconds=20)
    window: timedelta = timedelta(seconds=60)
    lasting: timedelta = timedelta(minutes=15)


class Tries(Model):
    """The bounds of repeating a model step: `calls` that fail, and `waiting` in all where the server asks to be left alone."""

    calls: int = Field(default=6, ge=1)
    waiting: timedelta = timedelta(minutes=10)


def trouble(tally: CallTally, limits: ModelLimits) -> str | None:
    """Describe what is wrong with the model, or return None. A few cases, and a single bad one among many, are no trouble."""
    if tally.cases < limits.cases:
        return None
    within = f"of {many(tally.cases, 'case')} in {limits.window.total_seconds():g} s"
    if tally.failed >= limits.share * tally.cases:
        return f"the model failed in {tally.failed} {within}"
    if tally.slow > max(1.0, SLOW_SHARE * tally.cases):
        return f"the model took longer than {limits.slow.total_seconds():g} s in {tally.slow} {within}"
    return None
