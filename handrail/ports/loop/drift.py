"""Ports to the record that is watched for drift, and to the alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.watch.drift import (
    DriftAlarm,
    DriftBaseline,
    DriftDay,
    SliceMoved,
    TopicLevel,
    WatchedSeries,
)


class DriftRecord(Protocol):
    """The record by day, and the baselines that people signed."""

    async def first_case(self) -> datetime | None:
        """Return when the first case that counts was opened; None where there is none."""
        ...

    async def counted(self, versions: Mapping[str, int], since: date, until: date) -> set[tuple[str, date]]:
        """Return which days of which indicators are counted under these versions."""
        ...

    async def count(self, day: date, since: datetime, until: datetime, versions: Mapping[str, int], definitions: str) -> None:
        """Count the day for these indicators, which are mature; what was counted of it before is replaced."""
        ...

    async def judged_days(self, since: date, until: date) -> set[date]:
        """Return the days from `since` up to and without `until` whose samples have been judged."""
        ...

    async def count_judged(self, day: date, terms: Mapping[str, JudgedTerms], definitions: str) -> None:
        """Count what the judge says of the day's sample, by series; what was counted of it before is replaced."""
        ...

    async def judged_bad_cases(self, terms: JudgedTerms, since: date, until: date) -> list[str]:
        """Return at most ten sampled cases of these days that the judge fails, the first of them."""
        ...

    async def series(self, names: Collection[str], since: date, until: date) -> list[DriftDay]:
        """Return the days of every series of these indicators, without slices."""
        ...

    async def slices(self, series: WatchedSeries, since: date, until: date) -> list[SliceMoved]:
        """Return the sums of every slice over these days; `expected` and `share` are nought."""
        ...

    async def changes(self, since: date, until: date, begins: datetime, ends: datetime) -> list[str]:
        """Say in words what changed then: releases, values first seen, controls, names of models."""
        ...

    async def bad_cases(self, series: WatchedSeries, begins: datetime, ends: datetime) -> list[str]:
        """Return at most ten bad cases of the series that ended then, the first of them."""
        ...

    async def levels(self, since: date, until: date) -> list[TopicLevel]:
        """Return the levels of these days that are written down."""
        ...

    async def put_levels(self, levels: Sequence[TopicLevel]) -> None:
        """Write levels down; those that are there stay."""
        ...

    async def held(self, topics: Collection[str], since: datetime, until: datetime) -> dict[str, Autonomy]:
        """Return the strictest level that controls held over each topic at some time of it."""
        ...

    async def saw_release(self, day: date, parts: ReleaseParts) -> None:
        """Write down which release was in force when the day had ended; what stands there stays."""
        ...

    async def baselines(self) -> list[DriftBaseline]:
        """Return the newest baseline of every series."""
        ...

    async def sign(self, baselines: Sequence[DriftBaseline]) -> list[DriftBaseline]:
        """Add baselines, all or none."""
        ...

    async def threshold(self, place: str) -> float | None:
        """Return the threshold that was found for it; None where there is none."""
        ...

    async def keep_threshold(self, place: str, threshold: float) -> None:
        """Keep a threshold."""
        ...


class AlarmRecord(Protocol):
    """The alarms, each once."""

    async def raise_alarm(self, alarm: DriftAlarm) -> DriftAlarm | None:
        """Write an alarm down; None where it stands already."""
        ...

    async def of_baselines(self, ids: Collection[int]) -> list[DriftAlarm]:
        """Return the alarms that these baselines raised."""
        ...

    async def prove(self, alarm_id: int, day: date) -> None:
        """Write down the day by which an alarm was proven; a day that stands there stays."""
        ...

    async def open(self) -> list[DriftAlarm]:
        """Return the alarms that nobody has acknowledged, the newest first."""
        ...
