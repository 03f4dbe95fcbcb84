"""Begins to see a process: its figures where they are collected, its spans where they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from temporalio.client import Client, Interceptor
from temporalio.runtime import Runtime

from handrail.background import Say, Told, silent, supervised
from handrail.postgres.pool import Pool
from handrail.postgres.seeing import PostgresFigures
from handrail.seeing import now
from handrail.seeing.figures import catalogue
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.figures.labels import EVERYTHING, Labels
from handrail.seeing.now import Seen
from handrail.settings import Settings
from handrail.temporal.worker.build import own_build
from handrail.wiring.logs import BUILD
from handrail.wiring.seen.reading import WORK, ServerFigures


@contextmanager
def seeing(settings: Settings, service: str, runtime: Runtime | None) -> Iterator[Seen]:
    """See this process for as long as the block lasts; its figures on the runtime, if there is one.

    What has ended by then is sent.
    """
    labels, before = Labels(), now.now()
    seen = Seen(figures=SeenFigures(runtime.metric_meter, labels) if runtime else None, labels=labels)
    with ExitStack() as stack:
        if settings.traces_to is not None:
            from handrail.seeing.traces.otel import sent_to

            spans = sent_to(settings.traces_to, service, own_build()[:BUILD])
            stack.callback(spans.close)
            seen.spans, seen.traced = spans, True
        now.begin(seen)
        stack.callback(now.begin, before)
        yield seen


def interceptors(seen: Seen) -> Sequence[Interceptor]:
    """Return what a client carries traces by; nothing where nobody takes any."""
    if not seen.traced:
        return ()
    from handrail.temporal.tracing import Tracing

    return (Tracing(seen),)


def tracer_provider(seen: Seen) -> Any:
    """Return the provider of tracers for libraries that make spans themselves; None where nobody takes any."""
    return getattr(seen.spans, "provider", None)


def reading(
    seen: Seen, pool: Pool, client: Client, settings: Settings, say: Say = silent
) -> AbstractAsyncContextManager[None]:
    """Read what stands in servers into the figures, for as long as the block lasts, where somebody collects them."""
    if seen.figures is None:
        return nullcontext()
    reader = ServerFigures(seen.figures, PostgresFigures(pool), client, settings)
    return supervised(WORK, lambda: reader.forever(say), say=say)


def define_topics(labels: Labels, folder: Path) -> None:
    """Give the label `topic` the topics of a folder of definitions, as they are there now; each has the name of its file."""
    labels.define(topic=lambda: [EVERYTHING, *(one.stem for one in (folder / "topics").glob("*.yaml"))])


def troubled(seen: Seen) -> Told:
    """Return what hears of trouble beside the cases: a figure for each work, where somebody collects them."""

    def told(name: str, wrong: bool) -> None:
        if seen.figures is not None:
            seen.figures.show(catalogue.TROUBLE, float(wrong), work=name)

    return told
