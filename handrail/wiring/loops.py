"""Runs a server's event loop; asyncio is loaded with the first of them, not with the help."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def serve_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a server to its end, on libuv's event loop where there is one."""
    import asyncio

    try:
        from uvloop import new_event_loop
    except ImportError:  # it knows no Windows
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)
