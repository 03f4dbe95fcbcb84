"""Every retry policy and time-out, in one place.

What keeps the record is repeated for as long as it takes: a database that is down comes back. Steps of a turn are repeated
for some minutes, and what no repetition can mend (`PERMANENT`, `DEFECTS`) not at all: the case goes to a person. A killed
worker is noticed by the heartbeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.common import Priority, RetryPolicy
from temporalio.workflow import ActivityCancellationType

from handrail.domain.case.fairness import fairness_key
from handrail.domain.errors import DEFECTS as KINDS
from handrail.domain.errors import PERMANENT, CaseConflict
from handrail.domain.llm.health import Tries

HEARTBEAT = timedelta(seconds=8)
DEFECTS = (*(kind.__name__ for kind in KINDS), "ValidationError")

# Which work goes first where more waits than workers can do.
PEOPLE = Priority(priority_key=1)
CUSTOMERS = Priority(priority_key=3)
DELIVERIES = Priority(priority_key=4)
EVALUATION = Priority(priority_key=5)

STORE_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    maximum_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    non_retryable_error_types=[CaseConflict.__name__],
)
WORK_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    maximum_interval=timedelta(seconds=5),
    non_retryable_error_types=[*PERMANENT, *DEFECTS],
)
STEP_RETRY = replace(WORK_RETRY, maximum_attempts=60)
TURN_RETRY = replace(WORK_RETRY, maximum_attempts=300)
"""Attempts of a whole turn: its worker was killed, PostgreSQL or the model is away. The nodes' own tries are the graph's."""
MODEL_TRIES = Tries(calls=6, waiting=timedelta(minutes=10))
"""A call that failed counts, one that only waits as the model's server asks is bounded by time."""

CLASSIFY = "local.classify"
TASK_TRIES, TASK_SECONDS = 2, timedelta(seconds=10)
STEP: Mapping[str, Any] = {
    "priority": PEOPLE,
    "start_to_close_timeout": timedelta(seconds=15),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": STEP_RETRY,
}
STORE: Mapping[str, Any] = {
    "priority": PEOPLE,
    "start_to_close_timeout": timedelta(seconds=20),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": STORE_RETRY,
}
RECOVER: Mapping[str, Any] = {
    "priority": PEOPLE,
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": WORK_RETRY,
}
CHECK: Mapping[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=15),
    "schedule_to_close_timeout": timedelta(seconds=30),
    "retry_policy": WORK_RETRY,
}
CHECK_SIGNAL: Mapping[str, Any] = {"start_to_close_timeout": timedelta(seconds=15), "retry_policy": WORK_RETRY}
"""Nobody waits for the answer to a signal, and a signal is not lost while no worker runs."""
TURN: Mapping[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=30),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": TURN_RETRY,
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}

WEBHOOK_ATTEMPT: Mapping[str, Any] = {
    "priority": DELIVERIES,
    "start_to_close_timeout": timedelta(seconds=60),
    "retry_policy": replace(STORE_RETRY, maximum_interval=timedelta(seconds=60)),
}
QUALITY_DUE: Mapping[str, Any] = {
    "priority": EVALUATION,
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": replace(WORK_RETRY, maximum_attempts=60),
}
QUALITY_STEP: Mapping[str, Any] = {
    "priority": EVALUATION,
    "start_to_close_timeout": timedelta(hours=1),
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": replace(WORK_RETRY, maximum_interval=timedelta(seconds=30), maximum_attempts=20),
}
"""A step of the business's day. What fails so often is left to the next run, a quarter of an hour later."""


def within_task(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options of a step that is tried within a workflow's task first."""
    return {
        "start_to_close_timeout": TASK_SECONDS,
        "retry_policy": replace(options["retry_policy"], maximum_attempts=TASK_TRIES),
    }


def turn_options(customer_id: str, *, decided: bool) -> Mapping[str, Any]:
    """Return the options of a turn: ordered with what people sent if one `decided`, and evenly among customers."""
    return {**TURN, "priority": replace(PEOPLE if decided else CUSTOMERS, fairness_key=fairness_key(customer_id))}
