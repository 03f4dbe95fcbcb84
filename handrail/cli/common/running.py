"""Runs what a command does; asyncio is loaded with the first command, not with the help."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end and give what comes out."""
    import asyncio

    return asyncio.run(work)
