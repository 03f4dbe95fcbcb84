"""Cases by column: each fact of all cases of a period as one array."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from handrail.domain.outcomes import PackedOutcomes, Period
from handrail.domain.quality.indicators import INDICATORS, PLACES, STILL_OPEN, CountsFrom

Array = np.ndarray[tuple[int], np.dtype[Any]]
MOMENT, WHOLE, REAL, GRADE = ">i8", ">i4", ">f8", ">f4"
TYPES: Mapping[str, str] = {
    **dict.fromkeys(("excluded_at", "opened_at", "ended_at", "survey_offered_at", "first_reply_at", "customer"), MOMENT),
    **dict.fromkeys(
        ("counts", "hits", "decided", "edited", "rejected", "confirmations_asked", "confirmations_refused"), WHOLE
    ),
    **dict.fromkeys(
        ("effects_held", "effects_ruled", "effects_passed", "effects_wrong", "holds_decided", "holds_approved"), WHOLE
    ),
    **dict.fromkeys(
        ("agent_seconds", "customer_seconds", "waiting_seconds", "person_seconds", "cost_usd", "confidence"), REAL
    ),
    **dict.fromkeys(("csat", "nps"), GRADE),
}
NEVER = np.iinfo(np.int64).max
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
PROMOTERS, PASSIVES = 9, 7


class CaseColumns:
    """The cases of a period that count, a place in each array for a case."""

    def __init__(self, packed: PackedOutcomes, period: Period) -> None:
        self._packed = packed
        self._arrays: dict[str, Array] = {}
        self._mature: dict[tuple[CountsFrom, float], Array] = {}
        since, until = _moment(period.since), _moment(period.until)
        self._as_of = _moment(period.as_of)
        opened, excluded = self._whole("opened_at"), self._whole("excluded_at")
        inside = (opened >= since) & (opened < until)
        self._inside = None if inside.all() else inside
        self.cases = int(np.count_nonzero(inside))
        self.excluded = int(np.count_nonzero((excluded >= since) & (excluded < until)))
        self.groups, self.group = self._grouped()
        self.customers, self.customer = np.unique(self["customer"], return_inverse=True)
        self.owner, self.group_of_owner = self._owners()

    def __getitem__(self, name: str) -> Array:
        """Return the column of that name."""
        if name not in self._arrays:
            self._arrays[name] = self._of_period(self._whole(name))
        return self._arrays[name]

    def counted(self, name: str, hours: float) -> tuple[Array, Array]:
        """Return which cases count under an indicator, and which are too young to, where it waits so many hours."""
        place = PLACES[name]
        concerned, still_open = (self["counts"] >> place & 1).astype(bool), (self["counts"] >> STILL_OPEN & 1).astype(bool)
        mature = self._old_enough(INDICATORS[name].counts_from, hours)
        return concerned & mature, (concerned | still_open) & ~mature

    def hit(self, name: str) -> Array:
        """Return which cases are in the numerator of a share."""
        return (self["hits"] >> PLACES[name] & 1).astype(bool)

    def value(self, name: str) -> Array:
        """Return each case's value of an indicator, NaN where it has none."""
        if name in ("first_reply_seconds", "resolution_seconds"):
            until = self["first_reply_at" if name == "first_reply_seconds" else "ended_at"]
            return np.where(until == NEVER, np.nan, (until - self["opened_at"]) / SECOND)
        if name == "nps":
            grades = self["nps"]
            return np.select([grades >= PROMOTERS, grades >= PASSIVES, grades >= 0], [100.0, 0.0, -100.0], np.nan)
        return self[name].astype(np.float64)

    def _old_enough(self, kind: CountsFrom, hours: float) -> Array:
        if (kind, hours) not in self._mature:
            match kind:
                case CountsFrom.SURVEY:
                    since = self["survey_offered_at"]
                case CountsFrom.REPLY:
                    since = np.where(self["first_reply_at"] == NEVER, self["ended_at"], self["first_reply_at"])
                case _:
                    since = self["ended_at"]
            self._mature[kind, hours] = since <= self._as_of - timedelta(hours=hours) // MICROSECOND
        return self._mature[kind, hours]

    def _whole(self, name: str) -> Array:
        kind = np.dtype(TYPES[name])
        return np.frombuffer(self._packed.columns[name], kind).astype(kind.newbyteorder("="))

    def _of_period(self, column: Array) -> Array:
        return column if self._inside is None else column[self._inside]

    def _grouped(self) -> tuple[list[str | None], Array]:
        """Return the groups in order, those that are not known last, and the place of each case's."""
        names = sorted({name for name, _ in self._packed.groups}, key=lambda name: (name is None, name or ""))
        places = {name: place for place, name in enumerate(names)}
        runs = np.fromiter((size for _, size in self._packed.groups), np.int64, len(self._packed.groups))
        codes = np.fromiter((places[name] for name, _ in self._packed.groups), np.int64, len(runs))
        return names, self._of_period(np.repeat(codes, runs))

    def _owners(self) -> tuple[Array, Array]:
        """Return the place of each case's customer within its group, and the group of each such place."""
        if len(self.groups) < 2:
            return self.customer, np.zeros(len(self.customers), np.int64)
        pairs, place = np.unique(self.customer * len(self.groups) + self.group, return_inverse=True)
        return place, pairs % len(self.groups)


def _moment(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND
