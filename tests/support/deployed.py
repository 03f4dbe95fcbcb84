"""A deployment: a worker of its own with the graph that it brings, over the servers of the house."""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from handrail.ports import Clock
from handrail.temporal.cases.client import CaseClient
from handrail.wiring.cases import worker as wiring
from handrail.wiring.cases.machine import LateMachine
from handrail.wiring.cases.worker import case_nodes, case_worker
from tests.support.house import House

Build = Callable[[CaseNodes], CaseGraph]


def queue() -> str:
    """A task queue that nobody else polls."""
    return f"cases-{uuid4().hex[:8]}"


@asynccontextmanager
async def deployed(
    home: House,
    build: Build = build_case_graph,
    *,
    task_queue: str | None = None,
    minutes: int = 240,
    client: Client | None = None,
    clock: Clock | None = None,
    version: WorkerDeploymentVersion | None = None,
    **options: Any,
) -> AsyncIterator[House]:
    """The house with another worker, of this `version` or of none.

    `build` makes the graph, `minutes` is how long an approval stays open, `options` go to the SDK's worker, `clock` tells
    activities the time. With the same `task_queue` one deployment follows another.
    """
    settings = home.settings.model_copy(update={"task_queue": task_queue or queue()})
    temporal = client or home.temporal
    around = replace(home.world, clock=clock or home.world.clock)
    nodes = case_nodes(around, minutes)
    with patch.object(wiring, "Worker", lambda *given, **named: Worker(*given, **{**named, **options})):
        running = case_worker(
            temporal, settings, around, nodes, LateMachine(nodes, around.journal, build(nodes)), version=version
        )
    async with running:
        cases = CaseClient(temporal, task_queue=settings.task_queue)
        yield replace(home, temporal=temporal, cases=cases, settings=settings)
    del running
    collect_runs()


def collect_runs() -> None:
    """Free the runs that the worker's cache held, now and quietly.

    A worker that stops does not evict them. When their coroutines are collected, LangGraph and its plugin still want to do
    something in their `finally`; Python reports that as unraisable, and pytest would blame whatever test runs then.
    """
    before = sys.unraisablehook

    def hook(one: sys.UnraisableHookArgs) -> None:
        if not (inspect.iscoroutine(one.object) or inspect.isasyncgen(one.object)):
            before(one)

    sys.unraisablehook = hook
    try:
        gc.collect()
    finally:
        sys.unraisablehook = before
