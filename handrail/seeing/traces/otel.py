"""Spans of OpenTelemetry's SDK, sent over OTLP; loaded where traces are on, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from handrail.seeing.traces.conventions import ERROR, GENAI_VERSION
from handrail.seeing.traces.leaving import ListedOnly
from handrail.seeing.traces.spans import NO_SPAN, Attributes, OpenSpan, SpanRole

KINDS = {SpanRole.CLIENT: SpanKind.CLIENT, SpanRole.SERVER: SpanKind.SERVER, SpanRole.INTERNAL: SpanKind.INTERNAL}


class OtelSpan:
    """A span of the SDK."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes(attributes)


class OtelSpans:
    """The port `Spans` over a provider of tracers. Close it, so that nothing that has ended is lost."""

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("handrail", GENAI_VERSION)

    @contextmanager
    def span(self, name: str, role: SpanRole, attributes: Attributes, *, root: bool = True) -> Iterator[OpenSpan]:
        """See `Spans`."""
        if not root and not within():
            yield NO_SPAN
            return
        opened = self._tracer.start_as_current_span(
            name, kind=KINDS[role], attributes=attributes, record_exception=False, set_status_on_exception=False
        )
        with opened as span:
            try:
                yield OtelSpan(span)
            except BaseException as error:
                span.set_attribute(ERROR, type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def close(self) -> None:
        """Send what has ended, and stop."""
        self.provider.shutdown()


def within() -> bool:
    """Return whether a span is open here that is sent on."""
    context = trace.get_current_span().get_span_context()
    return context.is_valid and context.trace_flags.sampled


def sent_to(endpoint: str, service: str, build: str) -> OtelSpans:
    """Return spans that are sent to `ENDPOINT/v1/traces` from a thread of its own; what is not taken in time is dropped."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    return processed(BatchSpanProcessor(ListedOnly(exporter)), service, build)


def processed(processor: SpanProcessor, service: str, build: str) -> OtelSpans:
    """Return spans that go to the processor. The sampler is what OTEL_TRACES_SAMPLER says, by default all of them."""
    provider = TracerProvider(resource=Resource({"service.name": service, "service.version": build}), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return OtelSpans(provider)
