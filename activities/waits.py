"""Waiting for a model in a turn: Temporal wakes the turn at the time the model's server named; no worker is held meanwhile.

How often a model step failed, and how often it only waited, is kept in the heartbeat, which the server carries from one
attempt of the turn to the next. A call that failed counts; one that only waits as asked is bounded by time.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from handrail.domain.base import Stored
from handrail.domain.errors import ModelUnavailable
from handrail.domain.llm.health import Tries

SHORTEST, LONGEST_STEP = 0.5, 15.0
"""Seconds: the pause between two attempts doubles between these where the server asks for less."""
LEAST_SPREAD, MOST_SPREAD = 1.0, 15.0
"""Seconds: cases come later than asked by up to as much again, between these, each by another time. Hundreds that come at
once would keep a worker from what people decide."""
RANDOM = secrets.SystemRandom()


class Waits(Stored):
    """The heartbeat's detail: the node at work, and how the model step `step` went so far."""

    node: str | None = None
    step: str = ""
    failed: int = 0
    waited: int = 0
    since: datetime | None = None
    told: int = 0
    """The attempt that ended because the model was to be left alone: the next one need only ask whether it still is."""
    topic: str | None = None
    """The topic on which that attempt came to its node."""

    @classmethod
    def of(cls, details: Sequence[Any]) -> Waits:
        """Read what the heartbeat of an earlier attempt left."""
        try:
            return cls.model_validate(details[0]) if details else cls()
        except ValidationError:
            return cls()

    def at(self, node: str | None) -> Waits:
        """The same, seen at `node`."""
        return self.model_copy(update={"node": node})

    def again(self, error: ModelUnavailable, step: str, now: datetime, tries: Tries) -> tuple[Waits, timedelta] | None:
        """Return what to keep and how long to wait before the next attempt; None where enough was tried."""
        before = self if self.step == step else Waits(node=self.node, step=step, topic=self.topic)
        if not error.wait:
            kept = before.model_copy(update={"failed": before.failed + 1})
            return (kept, pause(kept.failed)) if kept.failed < tries.calls else None
        since = before.since or now
        if now - since + timedelta(seconds=error.wait) > tries.waiting:
            return None
        kept = before.model_copy(update={"waited": before.waited + 1, "since": since})
        return kept, next_delay(error.wait, before.waited, RANDOM.random())


def pause(failed: int) -> timedelta:
    """The pause behind the `failed`-th call that failed."""
    return timedelta(seconds=doubled(failed - 1))


def doubled(times: int) -> float:
    """Seconds: the shortest pause, doubled so often, up to the longest."""
    return min(SHORTEST * 2.0 ** min(times, 10), LONGEST_STEP)


def next_delay(wait: float, times: int, chance: float) -> timedelta:
    """The wait that was asked for and some of it more, by `chance` from 0 to 1; longer from one time to the next."""
    least = max(wait, doubled(times))
    return timedelta(seconds=least + chance * min(max(least, LEAST_SPREAD), MOST_SPREAD))


def postponed(error: ModelUnavailable, delay: timedelta) -> ApplicationError:
    """The failure with which an attempt asks for the next one."""
    benign = ApplicationErrorCategory.BENIGN if error.wait else ApplicationErrorCategory.UNSPECIFIED
    return ApplicationError(str(error), type=ModelUnavailable.__name__, next_retry_delay=delay, category=benign)
