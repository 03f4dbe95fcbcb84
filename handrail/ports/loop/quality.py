"""Ports to the record of the quality loop, and the shape of a step of its day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from handrail.domain.quality.days import QualityDay, StepResult, StepState
from handrail.domain.quality.samples import DrawnCase, EndedCase
from handrail.domain.quality.scores import CaseScore, ScoredRecord, ScoreVerdict, ScoringTerms


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


class QualitySamples(Protocol):
    """The samples of ended cases as they are recorded."""

    async def ended(self, day: QualityDay, low_confidence: float) -> Sequence[EndedCase]:
        """Return every case that first ended on the day, by a channel that counts; a lower confidence is a risk."""
        ...

    async def keep(self, day: date, sample: Sequence[DrawnCase]) -> None:
        """Record the sample of the day as a whole; one that stands stays."""
        ...

    async def drawn(self, day: date) -> Sequence[DrawnCase]:
        """Return the recorded sample of the day."""
        ...


class QualityScores(Protocol):
    """The scores of drawn cases, and the record that they are reached from."""

    async def unscored(self, day: date, scorers: Sequence[str]) -> Sequence[str]:
        """Return the drawn cases of the day that lack a score of one of the scorers."""
        ...

    async def records(self, day: QualityDay, case_ids: Sequence[str]) -> Sequence[ScoredRecord]:
        """Return what the record tells of these cases up to the day's end."""
        ...

    async def keep(self, day: date, scores: Sequence[CaseScore]) -> None:
        """Record the scores; those that stand stay."""
        ...

    async def verdicts(self, day: date) -> Sequence[tuple[str, ScoreVerdict, int]]:
        """Return how many cases of the day have which verdict of which scorer."""
        ...


class CaseScorers(Protocol):
    """The scorers of cases."""

    async def score(
        self,
        terms: ScoringTerms,
        batches: AsyncIterator[Sequence[ScoredRecord]],
        take: Callable[[Sequence[CaseScore]], Awaitable[None]],
    ) -> None:
        """Score every batch, and have the scores of each `take`n as soon as they are there, in any order."""
        ...
