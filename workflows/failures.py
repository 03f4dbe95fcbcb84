"""Failures of activities, in whichever form the SDK gives them."""

from __future__ import annotations

from temporalio.exceptions import ActivityError, ApplicationError

ACTIVITY_FAILED = (ActivityError, ApplicationError)
"""A local activity's own failure comes without the `ActivityError` around it; a time-out, and any of others, comes within."""


def cause_of(error: BaseException) -> BaseException | None:
    """Return what the activity itself raised, or how it ended."""
    return error.cause if isinstance(error, ActivityError) else error
