"""Keeps effects of a replay inside: while a tool writes, this process opens no connection of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from handrail.domain.errors import HandrailError

_OUTWARD = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


class NotLetOut(HandrailError):
    """A tool would have reached another system."""


class OutwardGuard:
    """Stops connections that Python code opens. PostgreSQL's own library is not seen: it holds the copy's connections.

    There is one for the process: what watches cannot be taken away again, only told to look away.
    """

    def __init__(self) -> None:
        self._watching, self._closed = False, False
        self.stopped: list[str] = []

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let nothing out until the end; `stopped` has what would have been reached since the last time."""
        if not self._watching:
            sys.addaudithook(self._look)
            self._watching = True
        self.stopped.clear()
        self._closed = True
        try:
            yield
        finally:
            self._closed = False

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._closed and event in _OUTWARD:
            target = arguments[0] if event.startswith("socket.get") else arguments[1]
            shown = ":".join(str(part) for part in target[:2]) if isinstance(target, tuple) else str(target)
            self.stopped.append(shown)
            raise NotLetOut(f"It would have reached {shown}; a replay lets nothing out. --no-effects leaves tools unrun.")


GUARD = OutwardGuard()
