"""Ports to the record of the quality loop, and the shape of a step of its day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from handrail.domain.quality.days import QualityDay, StepResult, StepState


class DayStep(Protocol):
    """A step of the business's day, run as the activity `quality.NAME`.

    It may be killed at any point and run again, from another process too: what it writes, it writes so that doing it twice is
    doing it once. It raises where it cannot be done; what it cannot measure, it says in its result.
    """

    @property
    def name(self) -> str: ...

    async def run(self, day: QualityDay) -> StepResult:
        """Do the step for the day, which has ended, and whose earlier steps are done."""
        ...


class QualityDays(Protocol):
    """The days and their steps as they are recorded."""

    async def first_case(self) -> datetime | None:
        """Return when the first case was opened; None where there is none."""
        ...

    async def states(self, since: date) -> Sequence[StepState]:
        """Return every recorded step of that day and later ones, oldest day first."""
        ...

    async def state(self, day: date, step: str) -> StepState | None:
        """Return the step of the day; None where it was never begun."""
        ...

    def alone(self, day: date, step: str) -> AbstractAsyncContextManager[bool]:
        """Hold the step of the day for the block, so that nobody else does it; False where somebody else has it."""
        ...

    async def finish(self, day: QualityDay, step: str, at: datetime, result: StepResult) -> None:
        """Record that the step is done. One that is done stays as it is."""
        ...

    async def fail(self, day: QualityDay, step: str, at: datetime, words: str) -> None:
        """Record that an attempt failed. One that is done stays as it is."""
        ...
