"""The port of the front door's outbox: cases that were answered for, until they stand in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from handrail.domain.case.starts import CaseStart, KeptStart


class CaseStarts(Protocol):
    """Starts that are kept. One goes when the record has its case, with the same content."""

    async def keep(self, start: CaseStart) -> bool:
        """Keep it, on disk when this returns; False where the same case is kept or stands already.

        Raises:
            CaseConflict: the id stands with other content.
        """
        ...

    async def find(self, case_id: str) -> KeptStart | None:
        """Return the start of the case, begun or not, None where none is kept."""
        ...

    async def due(self, most: int, lease: timedelta) -> Sequence[KeptStart]:
        """Take up what has not begun, the longest due first: for so long nobody else gets it, then it is due again."""
        ...

    async def take(self, case_id: str, lease: timedelta) -> KeptStart | None:
        """Take up the start of the case, due or not."""
        ...

    async def begun(self, case_id: str) -> None:
        """Note that Temporal has the case."""
        ...

    async def refused(self, case_id: str, words: str) -> None:
        """Give a start that can never be made to people, among the refused openings."""
        ...
