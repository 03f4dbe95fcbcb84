"""Steps that run within a workflow's task, for as long as that goes well.

A task is one of few, and people's decisions need one, too. So where the database is away, the server waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, TimeoutError

from workflows.failures import cause_of
from workflows.options import within_task
from workflows.steps.interrupting import regardless

T = TypeVar("T")
WAITS_AT_SERVER = "local-steps-wait-at-the-server"


async def locally(
    cancelled: Callable[[], None], name: str, args: Sequence[Any], result_type: type[T], otherwise: Mapping[str, Any]
) -> T:
    """Run the activity within the task; where that fails twice, as an activity of its own with the options `otherwise`.
    `cancelled` notes that somebody cancels the workflow meanwhile, which ends no step.

    Raises:
        FailureError: no repetition can mend it, or the options allow no more.
    """
    return await regardless(cancelled, lambda: _locally(name, args, result_type, otherwise))


async def _locally(name: str, args: Sequence[Any], result_type: type[T], otherwise: Mapping[str, Any]) -> T:
    try:
        within: T = await workflow.execute_local_activity(name, args=args, result_type=result_type, **within_task(otherwise))
        return within
    except FailureError as error:
        # A history in which as many attempts failed within the task as ever were made goes on as it did.
        if not mendable(error, otherwise["retry_policy"]) or not workflow.patched(WAITS_AT_SERVER):
            raise
    found: T = await workflow.execute_activity(name, args=args, result_type=result_type, **otherwise)
    return found


def mendable(error: FailureError, policy: RetryPolicy) -> bool:
    """Return whether another attempt may go better."""
    cause = cause_of(error)
    if isinstance(cause, ApplicationError):
        return not cause.non_retryable and cause.type not in (policy.non_retryable_error_types or ())
    return isinstance(cause, TimeoutError)
