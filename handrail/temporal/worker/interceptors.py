"""Guards around workflows and activities that no handler has to think of."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from temporalio import activity, workflow
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from handrail.domain.errors import InvalidInput
from handrail.redaction.values import Redaction
from handrail.temporal.worker.lines import ActivityLines

ONE_VALUE = "input: are {} values. Send one JSON value, or none."


CASE = "case"
"""The type of workflow that these guards are for; others have no inbox, and go on in no fresh run."""


class Doorkeeper(WorkflowInboundInterceptor):
    """Too many payloads are refused with words. Unguarded, such a signal fails the workflow task for ever."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(Counting(outbound))

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if not guarded():
            return await super().handle_signal(input)
        growth().signal()
        named = workflow.get_signal_handler(input.signal) is not None
        if named and early(input):
            input.args = list(input.args[1])
        if named and len(input.args) > 1:
            instance: Any = workflow.instance()
            instance.refuse_surplus(input.signal, ONE_VALUE.format(len(input.args)))
            return None
        return await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        if len(input.args) > 1 and workflow.get_update_handler(input.update) is not None:
            raise ApplicationError(ONE_VALUE.format(len(input.args)), type=InvalidInput.__name__, non_retryable=True)
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        if guarded():
            growth().update()
        return await super().handle_update_handler(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        """Answer a query without the value in its box; the page of the Web UI is written here, when it is looked at."""
        if guarded():
            input.args = []
        found = await super().handle_query(input)
        if guarded() and isinstance(found, WorkflowMetadata):
            instance: Any = workflow.instance()
            found.current_details = instance.current_details()
        return found


class Counting(WorkflowOutboundInterceptor):
    """Activities count towards the growth of their run's history."""

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        if guarded():
            growth().activity()
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        if guarded():
            growth().activity()
        return super().start_local_activity(input)


def guarded() -> bool:
    """Return whether the run is a case's."""
    return workflow.info().workflow_type == CASE


def growth() -> Any:
    """Return what counts the growth of the run's history: by what the run does, which is the same in every replay."""
    instance: Any = workflow.instance()
    return instance.growth


def early(input: HandleSignalInput) -> bool:
    """Return whether the signal came ahead of the run's first step, when its handler was not registered yet.

    The SDK then packs it for the dynamic handler, as its name and a list of values, and calls the handler that stands by now.
    """
    packed = len(input.args) == 2 and input.args[0] == input.signal and isinstance(input.args[1], list)
    return packed and all(isinstance(one, RawValue) for one in input.args[1])


BEATS_BY_ITSELF = "case.turn"
"""Its heartbeats say more than that it is alive."""


class Heartbeats(ActivityInboundInterceptor):
    """Every activity with a heartbeat time-out sends heartbeats by itself, so a killed worker is noticed in seconds."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        timeout = info.heartbeat_timeout
        if timeout is None or info.is_local or info.activity_type == BEATS_BY_ITSELF:
            return await super().execute_activity(input)
        beating = asyncio.create_task(self._beat(timeout.total_seconds() / 4))
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _beat(self, seconds: float) -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(seconds)


class Cleansing(ActivityInboundInterceptor):
    """No activity is given a secret that somebody wrote past our own clients: it comes into no row and before no model."""

    def __init__(self, next: ActivityInboundInterceptor, redaction: Redaction) -> None:
        super().__init__(next)
        self._redaction = redaction

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        input.args = [self._redaction.of(one) for one in input.args]
        return await super().execute_activity(input)


class Guards(Interceptor):
    """All guards, for `Worker(interceptors=[Guards(redaction)])`."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return ActivityLines(Cleansing(Heartbeats(next), self._redaction))

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return Doorkeeper
