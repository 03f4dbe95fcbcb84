"""Differences between the record and Temporal, each with what mends it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.service import RPCError

from handrail.domain.case.reconciling import Difference, DifferenceKind, RecordedCase
from handrail.domain.errors import HandrailError
from handrail.temporal.cases.executions import Execution

_log = logging.getLogger("handrail.reconcile")


@dataclass(frozen=True, slots=True)
class DifferenceRepair:
    """A difference, and what mends it; None where nothing that a program may do does."""

    difference: Difference
    mend: Callable[[], Awaitable[None]] | None = None

    async def mended(self) -> Difference:
        """Mend it where that can be, and tell how that went."""
        difference = self.difference
        if self.mend is None:
            _log.error("%s: %s: %s", difference.case_id, difference.kind, difference.words)
            return difference
        try:
            await self.mend()
        except (HandrailError, RPCError) as error:
            _log.error("%s: %s, and it could not be mended: %s", difference.case_id, difference.kind, error)
            return difference.model_copy(update={"mended": False, "words": f"{difference.words} It failed: {error}"})
        _log.warning("%s: %s: %s", difference.case_id, difference.kind, difference.words)
        return difference.model_copy(update={"mended": True})


def different(case_id: str, kind: DifferenceKind, row: RecordedCase | None, run: Execution | None, words: str) -> Difference:
    """The difference as it is told."""
    return Difference(
        case_id=case_id,
        kind=kind,
        recorded=row.status if row else None,
        temporal=f"{run.standing}{f', {run.status}' if run.status else ''}" if run else "no run",
        words=words,
    )
