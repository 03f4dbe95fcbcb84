"""Ports to what answers a case: the release in force, or a candidate that is ramped up beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.rollout.ramps import ArmValue, Ramp, RampStep, ServedRelease
from handrail.ports.model import LanguageModel

if TYPE_CHECKING:
    from handrail.domain.rollout.shadows import AnswerState, Shadow, ShadowAnswer, ShadowCase, ShadowSpent, ShadowStep


@dataclass(frozen=True, slots=True)
class Serving:
    """An answering release as a case meets it: the model, the topic with the prompt that counts, and its name."""

    model: LanguageModel
    topic: Topic
    served: ServedRelease


class Releases(Protocol):
    """The releases that answer. Asked before every model call."""

    async def serving(self, topic: Topic, row: CaseRow) -> Serving:
        """Return what answers this case. An error stops the turn."""
        ...

    async def resting(self, row: CaseRow) -> float:
        """Return the seconds for which the model that would answer this case is to be left alone, 0 where it may be asked."""
        ...


class RampRecord(Protocol):
    """The ramps and their steps."""

    async def latest(self) -> Ramp | None:
        """Return the newest ramp as it stands, also one that has ended; None where there was none."""
        ...

    async def assign(self, case_id: str, served: ServedRelease) -> None:
        """Write down what answers a case; what is there stays."""
        ...

    async def end(self, step: RampStep, alarm: DriftAlarm | None = None) -> RampStep | None:
        """End the ramp by Handrail's own hand, with an alarm, both or neither; None where it has ended already."""
        ...


class RampOutcomes(RampRecord, Protocol):
    """The ramps, with what became of the cases of their arms."""

    async def values(self, ramp_id: int, indicator: str, zone: str, until: datetime) -> list[ArmValue]:
        """Return what settled before `until`, by the day on which it did, in an order that the values did not make.

        Cases that both arms answered are left out.
        """
        ...


class ShadowRecord(Protocol):
    """The shadows, their answers, and what asking for them used. Nothing of a case is written through it."""

    async def latest(self) -> Shadow | None:
        """Return the newest shadow as it stands, also one that was stopped; None where there was none."""
        ...

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Hold the work for the block, so that one process does it; False where another one has it."""
        ...

    async def due(self, shadow: Shadow, since: datetime, limit: int) -> Sequence[ShadowCase]:
        """Return cases of the share that were opened since then and have no answer, the oldest first."""
        ...

    async def begin(self, shadow_id: int, case_id: str, day: date) -> bool:
        """Write down that the case is being answered; false where it was answered meanwhile."""
        ...

    async def spend(self, shadow_id: int, case_id: str, used: ShadowSpent) -> None:
        """Add what was used for this answer, at once: what is lost with the process is counted, too."""
        ...

    async def spent(self, day: date | None = None, shadow_id: int | None = None) -> ShadowSpent:
        """Return what was used on the day, or by the shadow, or by all ever."""
        ...

    async def end(self, shadow_id: int, case_id: str, state: AnswerState, answer: ShadowAnswer | None, why: str) -> None:
        """Keep the answer, or why there is none; one that stands stays."""
        ...

    async def lost(self, shadow_id: int) -> Sequence[str]:
        """Write off what was begun too often and never ended; return those cases."""
        ...

    async def step(self, step: ShadowStep) -> ShadowStep | None:
        """Add a step; None where it was taken before."""
        ...
