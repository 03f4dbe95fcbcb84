"""What routes ask for is had on the event loop: a plain function would cost each request a thread, and the wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from handrail.api.app import ROUTERS


def asked(dependant: Dependant) -> Iterator[object]:
    """Whatever the framework calls for a request."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from asked(each)


def waits(call: object) -> bool:
    """Told apart as the framework does."""
    return asyncio.iscoroutinefunction(call) or asyncio.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004


def test_no_route_and_nothing_that_it_asks_for_runs_in_a_thread() -> None:
    calls = {
        call for router in ROUTERS for route in router.routes if isinstance(route, APIRoute) for call in asked(route.dependant)
    }
    assert len(calls) > 30
    assert any(isinstance(call, SecurityBase) for call in calls)
    assert not [call for call in calls if not waits(call)]
