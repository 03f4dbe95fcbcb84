"""Model steps wait as long as the model's server asks: Temporal wakes them up, no worker is held meanwhile.

How often a step only waited is kept in its heartbeat, which the server carries from one attempt to the next: such attempts do
not count towards the bound on failed calls. They are bounded by time.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from handrail.domain.errors import ModelUnavailable
from handrail.domain.model import Stored
from handrail.domain.trouble import Tries

SHORTEST, LONGEST_STEP = 0.5, 15.0
"""Seconds: the pause between two attempts doubles between these where the server asks for less."""
SPREAD = 0.2
"""Share of the wait by which cases come later than asked, each by another time: else all would come at once."""
RANDOM = secrets.SystemRandom()


class Postponed(Stored):
    """How often a step has only waited so far, and since when."""

    times: int = 0
    since: datetime | None = None


def postponed(details: Any) -> Postponed:
    """What the heartbeat of an earlier attempt left."""
    try:
        return Postponed.model_validate(details[0]) if details else Postponed()
    except ValidationError:
        return Postponed()


class Postponing(ActivityInboundInterceptor):
    """Decides when a model step is tried again; every other error goes on as it is."""

    def __init__(self, next: ActivityInboundInterceptor, tries: Tries) -> None:
        super().__init__(next)
        self._tries = tries

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except ModelUnavailable as error:
            if activity.info().is_local:
                raise
            failure = self._again(error)
        raise failure

    def _again(self, error: ModelUnavailable) -> Exception:
        info, before = activity.info(), postponed(activity.info().heartbeat_details)
        if not error.wait:
            tried = info.attempt - before.times
            return final(error) if tried >= self._tries.calls else error
        now = datetime.now(UTC)
        since = before.since or now
        delay = next_delay(error.wait, before.times, RANDOM.random())
        if now - since + timedelta(seconds=error.wait) > self._tries.waiting:
            return final(error)
        activity.heartbeat(Postponed(times=before.times + 1, since=since).model_dump(mode="json"))
        return ApplicationError(
            str(error),
            type=ModelUnavailable.__name__,
            next_retry_delay=delay,
            category=ApplicationErrorCategory.BENIGN,
        )


def next_delay(wait: float, times: int, chance: float) -> timedelta:
    """The wait that was asked for and up to `SPREAD` of it more, by `chance` from 0 to 1; longer from one time to the next."""
    step = min(SHORTEST * 2 ** min(times, 10), LONGEST_STEP)
    least = max(wait, step)
    return timedelta(seconds=least + chance * max(least * SPREAD, 1.0))


def final(error: ModelUnavailable) -> ApplicationError:
    """The same failure, not to be tried again: a person takes the case."""
    return ApplicationError(str(error), type=ModelUnavailable.__name__, non_retryable=True)
