"""Places for the nodes of many turns in one process; whoever runs them says how they are given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

Place = Callable[[str, bool], AbstractAsyncContextManager[None]]
"""Given whose turn it is, and whether it goes first: where a node of it is at work."""


def at_once(_: str, __: bool) -> AbstractAsyncContextManager[None]:
    """Let a node begin whoever else is at work."""
    return nullcontext()
