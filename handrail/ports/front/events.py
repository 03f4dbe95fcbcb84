"""The port to the events of cases: read in the order of their commits, from any place on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Protocol

from handrail.domain.case.events import CaseEvent

Announced = Callable[[], AsyncGenerator[list[str], None]]
"""Yields ids of cases with new events as they are committed, and an empty list when it begins and after a silence."""


class CaseEvents(Protocol):
    """The events of cases. Whoever reads a number will never find a smaller one that was not there."""

    async def of_case(self, case_id: str, after: int, most: int) -> list[CaseEvent]:
        """Read the case's events behind the sequence `after`, with the words of messages; none for an unknown case."""
        ...

    async def since(self, position: int, most: int) -> list[CaseEvent]:
        """Read the events of all cases behind the position, without anybody's words."""
        ...

    async def newest(self) -> int:
        """Return the newest position, 0 where nothing has happened."""
        ...

    async def changed(self, position: int) -> Mapping[str, int]:
        """Return the cases with events behind the position, each with its newest position."""
        ...
