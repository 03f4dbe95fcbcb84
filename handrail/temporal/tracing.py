"""Carries a trace through Temporal: in headers alone, so that no workflow takes another step for it.

The header is the one of Temporal's own libraries, so that a trace that began in another language's client goes on here. A case
lives for weeks and its turns have many causes: a step belongs to the trace of the message, decision or signal that came last.
The SDK's own plugin would hang every turn below the case's first message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, NoReturn

from opentelemetry import context as contexts
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio import activity, client, worker, workflow
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter

from handrail.seeing.now import Seen
from handrail.seeing.traces import conventions as names
from handrail.seeing.traces.otel import within
from handrail.seeing.traces.spans import Attribute, OpenSpan, SpanRole

HEADER = "_tracer-data"
LASTS = timedelta(minutes=10)
"""A step that begins later than this after what caused it begins a trace of its own: a deadline, a day's silence."""
CHOICE = "choice"
"""The name of an update that stands in a menu: its own holds an amount, and there is no end of them."""
_NAME = re.compile(r"[a-z_]{1,40}")
_PROPAGATOR = TraceContextTextMapPropagator()
Headers = Mapping[str, Payload]


def carrying(headers: Headers) -> Headers:
    """Return the headers with the trace that is open here."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {**headers, HEADER: PayloadConverter.default.to_payloads([carrier])[0]} if carrier else headers


def carried(headers: Headers) -> contexts.Context:
    """Return the trace that the headers carry; an empty one where they carry none, or what nobody can read."""
    try:
        (carrier,) = PayloadConverter.default.from_payloads([headers[HEADER]])
        return _PROPAGATOR.extract({str(name): str(value) for name, value in carrier.items()}, contexts.Context())
    except Exception:  # noqa: BLE001 - whatever a client sends there, a case goes on
        return contexts.Context()


class Attached(AbstractContextManager[None]):
    """The trace of a context, for as long as a block lasts."""

    def __init__(self, context: contexts.Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = contexts.attach(self._context)

    def __exit__(self, *_: object) -> None:
        try:
            self._token.var.reset(self._token)
        except ValueError:
            # A workflow that was taken out of the cache is finalised elsewhere; there is nothing to take off there.
            return


def known(name: str) -> str:
    """Return the name of an update or signal for a span."""
    return name if _NAME.fullmatch(name) else CHOICE


class TracedClient(client.OutboundInterceptor):
    """A client whose calls within a trace are spans, and carry it on."""

    def __init__(self, next: client.OutboundInterceptor, seen: Seen) -> None:
        super().__init__(next)
        self._seen = seen

    async def start_workflow(self, input: client.StartWorkflowInput) -> client.WorkflowHandle[Any, Any]:
        """See base class."""
        with self._span(f"start {known(input.workflow)}", input.id):
            input.headers = carrying(input.headers)
            return await super().start_workflow(input)

    async def signal_workflow(self, input: client.SignalWorkflowInput) -> None:
        """See base class."""
        with self._span(f"send signal {known(input.signal)}", input.id):
            input.headers = carrying(input.headers)
            await super().signal_workflow(input)

    async def start_workflow_update(self, input: client.StartWorkflowUpdateInput) -> client.WorkflowUpdateHandle[Any]:
        """See base class."""
        with self._span(f"send update {known(input.update)}", input.id):
            input.headers = carrying(input.headers)
            return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self, input: client.StartWorkflowUpdateWithStartInput
    ) -> client.WorkflowUpdateHandle[Any]:
        """See base class."""
        start, update = input.start_workflow_input, input.update_workflow_input
        with self._span(f"start {known(start.workflow)} with update {known(update.update)}", start.id):
            start.headers, update.headers = carrying(start.headers), carrying(update.headers)
            return await super().start_update_with_start_workflow(input)

    def _span(self, name: str, workflow_id: str) -> AbstractContextManager[OpenSpan]:
        return self._seen.spans.span(name, SpanRole.CLIENT, {names.WORKFLOW: workflow_id}, root=False)


class TracedActivity(worker.ActivityInboundInterceptor):
    """An activity that goes on with the trace of what caused it, as a span of its own; outside of traces it makes none."""

    def __init__(self, next: worker.ActivityInboundInterceptor, seen: Seen) -> None:
        super().__init__(next)
        self._seen = seen

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:
        """See base class."""
        info = activity.info()
        about: dict[str, Attribute] = {
            names.WORKFLOW: info.workflow_id or "",
            names.RUN: info.workflow_run_id or "",
            names.ACTIVITY: info.activity_type,
            names.ATTEMPT: info.attempt,
        }
        with (
            Attached(carried(input.headers)),
            self._seen.spans.span(f"activity {info.activity_type}", SpanRole.SERVER, about, root=False),
        ):
            return await super().execute_activity(input)


class TracedRun(worker.WorkflowInboundInterceptor):
    """A run that gives its steps the trace of what came last; a replay makes no spans."""

    seen: Seen

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        """See base class."""
        self._out = TracedSteps(outbound)
        super().init(self._out)

    async def execute_workflow(self, input: worker.ExecuteWorkflowInput) -> Any:
        """See base class."""
        if not self._out.caused:
            self._out.cause(input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: worker.HandleSignalInput) -> None:
        """See base class."""
        with self._handling("signal", input.signal, input.headers):
            await super().handle_signal(input)

    async def handle_update_handler(self, input: worker.HandleUpdateInput) -> Any:
        """See base class."""
        with self._handling("update", input.update, input.headers):
            return await super().handle_update_handler(input)

    def _handling(self, kind: str, name: str, headers: Headers) -> AbstractContextManager[None]:
        return Handling(self, f"{kind} {known(name)}", headers)


class Handling(AbstractContextManager[None]):
    """An update or signal being handled: a span that is open meanwhile, and the cause of what follows."""

    def __init__(self, run: TracedRun, name: str, headers: Headers) -> None:
        self._run, self._name, self._headers = run, name, headers
        self._span: AbstractContextManager[OpenSpan] | None = None

    def __enter__(self) -> None:
        if HEADER not in self._headers:
            self._run._out.cause({})
            return
        self._attached = Attached(carried(self._headers))
        self._attached.__enter__()
        self._run._out.cause(self._headers)
        if not workflow.unsafe.is_replaying_history_events() and within():
            info = workflow.info()
            about = {names.WORKFLOW: info.workflow_id, names.RUN: info.run_id, names.UPDATE: self._name.partition(" ")[2]}
            self._span = self._run.seen.spans.span(self._name, SpanRole.SERVER, about)
            self._span.__enter__()
            self._run._out.cause(carrying({}))

    def __exit__(self, *raised: Any) -> None:
        if HEADER not in self._headers:
            return
        if self._span is not None:
            self._span.__exit__(*raised)
        self._attached.__exit__(*raised)


class TracedSteps(worker.WorkflowOutboundInterceptor):
    """The steps of a run: each carries what caused it."""

    def __init__(self, next: worker.WorkflowOutboundInterceptor) -> None:
        super().__init__(next)
        self._header: Payload | None = None
        self._since: datetime | None = None
        self.caused = False

    def cause(self, headers: Headers) -> None:
        """Take the trace of these headers for the cause of what follows."""
        self._header, self._since, self.caused = headers.get(HEADER), workflow.now(), True

    def start_activity(self, input: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:
        """See base class."""
        input.headers = self._with_cause(input.headers)
        return super().start_activity(input)

    def start_local_activity(self, input: worker.StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        """See base class."""
        input.headers = self._with_cause(input.headers)
        return super().start_local_activity(input)

    def continue_as_new(self, input: worker.ContinueAsNewInput) -> NoReturn:
        """See base class."""
        input.headers = self._with_cause(input.headers)
        super().continue_as_new(input)

    def _with_cause(self, headers: Headers) -> Headers:
        if self._header is None or self._since is None or workflow.now() - self._since > LASTS:
            return headers
        return {**headers, HEADER: self._header}


class Tracing(client.Interceptor, worker.Interceptor):
    """The interceptor of a client, and of the workers on it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def intercept_client(self, next: client.OutboundInterceptor) -> client.OutboundInterceptor:
        """See base class."""
        return TracedClient(next, self._seen)

    def intercept_activity(self, next: worker.ActivityInboundInterceptor) -> worker.ActivityInboundInterceptor:
        """See base class."""
        return TracedActivity(next, self._seen)

    def workflow_interceptor_class(
        self, input: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        """See base class."""
        return type("TracedRunHere", (TracedRun,), {"seen": self._seen})
