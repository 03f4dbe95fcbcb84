"""Sends spans on without anything that is on no list: attributes, events, an error's words, a status's words.

Whatever made a span, a library's own instrumentation among them, it goes by here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from handrail.seeing.traces.conventions import ALLOWED, ERROR, RESOURCE

LONGEST = 200
"""Characters of an attribute's text."""


class ListedOnly(SpanExporter):
    """Hands spans to another exporter, with the attributes of the lists alone."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See base class."""
        return self._inner.export([listed(one) for one in spans])

    def shutdown(self) -> None:
        """See base class."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """See base class."""
        return self._inner.force_flush(timeout_millis)


def listed(span: ReadableSpan) -> ReadableSpan:
    """Return the span without what may not leave; of an error event its kind becomes an attribute."""
    attributes = kept(span.attributes or {}, ALLOWED)
    for event in span.events:
        if (kind := (event.attributes or {}).get("exception.type")) and ERROR not in attributes:
            attributes[ERROR] = str(kind)[:LONGEST]
    return ReadableSpan(
        name=span.name[:LONGEST],
        context=span.context,
        parent=span.parent,
        resource=Resource(kept(span.resource.attributes, RESOURCE)),
        attributes=attributes,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def kept(attributes: Mapping[str, Any], names: Sequence[str] | frozenset[str]) -> dict[str, Any]:
    """Return the attributes of these names, texts cut."""
    found = {name: value for name, value in attributes.items() if name in names}
    return {name: value[:LONGEST] if isinstance(value, str) else value for name, value in found.items()}
