"""Ports to what answers a case: the release in force, or a candidate that is ramped up beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.quality.drift import DriftAlarm
from handrail.domain.rollout.ramps import ArmValue, Ramp, RampStep, ServedRelease
from handrail.ports.model import LanguageModel


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
