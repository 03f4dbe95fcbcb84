"""Differences between the record and Temporal, each with what mends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handrail.domain.case.reconciling import Difference, DifferenceKind, RecordedCase
from handrail.temporal.cases.executions import Execution


@dataclass(frozen=True, slots=True)
class DifferenceRepair:
    """A difference, and what mends it; None where nothing that a program may do does."""

    difference: Difference
    mend: Callable[[], Awaitable[None]] | None = None


def different(case_id: str, kind: DifferenceKind, row: RecordedCase | None, run: Execution | None, words: str) -> Difference:
    """The difference as it is told."""
    return Difference(
        case_id=case_id,
        kind=kind,
        recorded=row.status if row else None,
        temporal=f"{run.standing}{f', {run.status}' if run.status else ''}" if run else "no run",
        words=words,
    )
