"""Guards around workflows and activities that no handler has to think of."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    HandleSignalInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class TolerantSignals(WorkflowInboundInterceptor):
    """A signal with too many or too few payloads is shown as refused; unguarded it would fail the workflow task for ever."""

    async def handle_signal(self, input: HandleSignalInput) -> None:
        try:
            await super().handle_signal(input)
        except TypeError as error:
            instance: Any = workflow.instance()
            instance.refuse_signal(input.signal, f"takes one JSON value or none ({error})")


class Heartbeats(ActivityInboundInterceptor):
    """Every activity with a heartbeat time-out sends heartbeats by itself, so a killed worker is noticed in seconds."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        timeout = activity.info().heartbeat_timeout
        if timeout is None or activity.info().is_local:
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


class Guards(Interceptor):
    """Both guards, for `Worker(interceptors=[Guards()])`."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return Heartbeats(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return TolerantSignals
