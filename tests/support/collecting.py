"""A collector of spans: takes what is sent over OTLP/HTTP, and keeps it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from handrail.embedded.ports import HOST, free_block


@dataclass(frozen=True, slots=True)
class TakenSpan:
    """A span as it came, ids in hexadecimal digits; `whole` is everything that came with it."""

    service: str
    trace: str
    span: str
    parent: str
    name: str
    attributes: dict[str, str]
    failed: bool
    whole: str


@dataclass
class Collector:
    """The spans that came, in their order."""

    url: str
    spans: list[TakenSpan] = field(default_factory=list)

    def of(self, trace: str) -> list[TakenSpan]:
        """Return the spans of a trace."""
        return [one for one in self.spans if one.trace == trace]

    def take(self, body: bytes) -> None:
        """Keep the spans of a request."""
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {one.key: one.value.string_value for one in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += [taken(one, about) for one in scope.spans]


def taken(span: Span, about: dict[str, str]) -> TakenSpan:
    """Return the span with plain values."""
    attributes = {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}
    return TakenSpan(
        service=about.get("service.name", ""),
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        attributes=attributes,
        failed=span.status.code == 2,
        whole=f"{MessageToDict(span)} {about}",
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector at an address of its own, for as long as the block lasts."""
    port = free_block(1)
    collector = Collector(f"http://{HOST}:{port}")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
