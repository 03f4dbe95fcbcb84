"""Spans as they leave the house: nothing that is on no list goes with them, whoever made them."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from handrail.seeing.traces import conventions as names
from handrail.seeing.traces.leaving import ListedOnly
from handrail.seeing.traces.otel import OtelSpans, processed
from handrail.seeing.traces.spans import NoSpans, SpanRole

WORDS = "My card 4111 1111 1111 1111 was stolen"


def spans() -> tuple[OtelSpans, InMemorySpanExporter]:
    kept = InMemorySpanExporter()
    return processed(SimpleSpanProcessor(ListedOnly(kept)), "tests", "b1"), kept


def said(span: ReadableSpan) -> str:
    """Everything that a span says."""
    return f"{span.to_json()} {span.resource.attributes}"


def test_a_librarys_span_keeps_what_is_on_the_list_alone() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "tests", "host.name": "ann-laptop"}))
    provider.add_span_processor(SimpleSpanProcessor(ListedOnly(kept)))
    about = {"url.path": "/v1/cases/c-1", "url.query": WORDS, "http.route": "/v1/cases/{case_id}", "enduser.id": "C-0001"}
    span = provider.get_tracer("a library").start_span("GET /v1/cases/{case_id}", attributes=about)
    span.add_event("message", {"gen_ai.input.messages": WORDS})
    span.record_exception(ValueError(WORDS))
    span.set_status(StatusCode.ERROR, WORDS)
    span.end()
    (found,) = kept.get_finished_spans()
    assert dict(found.attributes or {}) == {"http.route": "/v1/cases/{case_id}", names.ERROR: "ValueError"}
    assert (found.status.status_code, found.status.description) == (StatusCode.ERROR, None)
    assert not found.events
    for word in ("4111", "stolen", "C-0001", "ann-laptop"):
        assert word not in said(found)


def test_our_own_span_of_an_error_has_its_kind() -> None:
    made, kept = spans()
    with pytest.raises(KeyError), made.span("chat m", SpanRole.CLIENT, {names.REQUEST_MODEL: "m"}):
        raise KeyError(WORDS)
    (found,) = kept.get_finished_spans()
    assert dict(found.attributes or {}) == {names.REQUEST_MODEL: "m", names.ERROR: "KeyError"}
    assert "stolen" not in said(found)


def test_a_statement_outside_of_traces_is_no_span() -> None:
    made, kept = spans()
    with made.span("open_case", SpanRole.CLIENT, {}, root=False):
        pass
    with made.span("turn", SpanRole.INTERNAL, {}), made.span("open_case", SpanRole.CLIENT, {}, root=False):
        pass
    inner, outer = kept.get_finished_spans()
    assert [inner.name, outer.name] == ["open_case", "turn"]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id


def test_no_convention_that_carries_content_is_on_the_list() -> None:
    content = ("messages", "instructions", "arguments", "result", "prompt", "completion", "text", "query.text")
    assert not [one for one in names.ALLOWED if one.endswith(content)]


def test_without_traces_nothing_is_made() -> None:
    with NoSpans().span("turn", SpanRole.INTERNAL, {}) as span:
        span.note({names.CASE: "c-1"})
