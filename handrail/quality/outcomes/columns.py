"""Cases by column: each fact of all cases of a period as one array."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from handrail.domain.outcomes import PackedOutcomes, Period
from handrail.domain.quality.watch.indicators import INDICATORS, PLACES, STILL_OPEN, CountsFrom

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
GRID = 4_000_000
"""Places for customers times groups up to which each pair has one of its own; more are numbered as they come."""


class CaseColumns:
    """The cases of a period that count, a place in each array for a case."""

    def __init__(self, packed: PackedOutcomes, period: Period) -> None:
        self._packed = packed
        self._arrays: dict[str, Array] = {}
        self._mature: dict[tuple[CountsFrom, float], Array] = {}
        self._sums: dict[bytes, tuple[Array, Array]] = {}
        since, until = _moment(period.since), _moment(period.until)
        self._as_of = _moment(period.as_of)
        opened, excluded = self._whole("opened_at"), self._whole("excluded_at")
        inside = (opened >= since) & (opened < until)
        self._inside = None if inside.all() else inside
        self.cases = int(np.count_nonzero(inside))
        self.excluded = int(np.count_nonzero((excluded >= since) & (excluded < until)))
        self.groups, self._group_of_run, sizes = self._runs()
        self._starts = np.cumsum(sizes) - sizes
        self.group = np.repeat(self._group_of_run, sizes)
        self.customers, self.customer = np.unique(self["customer"], return_inverse=True)
        self._owner, self._group_of_owner = self._owners()
        self._open = self._bit("counts", STILL_OPEN)

    def __getitem__(self, name: str) -> Array:
        """Return the column of that name."""
        if name not in self._arrays:
            self._arrays[name] = self._of_period(self._whole(name))
        return self._arrays[name]

    def counted(self, name: str, hours: float) -> tuple[Array, Array]:
        """Return which cases count under an indicator, and which are too young to, where it waits so many hours."""
        concerned = self._bit("counts", PLACES[name])
        mature = self._old_enough(INDICATORS[name].counts_from, hours)
        return concerned & mature, (concerned | self._open) & ~mature

    def hit(self, name: str) -> Array:
        """Return which cases are in the numerator of a share."""
        return self._bit("hits", PLACES[name])

    def sizes(self, wanted: Array) -> tuple[Array, Array]:
        """Return how many of these cases each group has, and of how many customers; indicators often count the same ones."""
        key = np.packbits(wanted).tobytes()
        if key not in self._sums:
            self._sums[key] = self.sums(wanted), self._customers(wanted)
        return self._sums[key]

    def sums(self, values: Array) -> Array:
        """Return the sum of whole numbers over each group: cases of a group stand in runs."""
        if not len(self._starts):
            return np.zeros(len(self.groups), np.int64)
        of_runs = np.add.reduceat(values, self._starts, dtype=np.int64)
        return np.bincount(self._group_of_run, of_runs, len(self.groups)).astype(np.int64)

    def value(self, name: str) -> Array:
        """Return each case's value of an indicator, NaN where it has none."""
        if name in ("first_reply_seconds", "resolution_seconds"):
            until = self["first_reply_at" if name == "first_reply_seconds" else "ended_at"]
            return np.where(until == NEVER, np.nan, (until - self["opened_at"]) / SECOND)
        if name == "nps":
            grades = self["nps"]
            return np.select([grades >= PROMOTERS, grades >= PASSIVES, grades >= 0], [100.0, 0.0, -100.0], np.nan)
        return self[name].astype(np.float64)

    def _bit(self, name: str, place: int) -> Array:
        found: Array = (self[name] & np.int32(1 << place)) != 0
        return found

    def _customers(self, wanted: Array) -> Array:
        seen = np.zeros(len(self._group_of_owner) or len(self.customers) * len(self.groups), bool)
        seen[self._owner[wanted]] = True
        places = np.flatnonzero(seen)
        groups = self._group_of_owner[places] if len(self._group_of_owner) else places % max(len(self.groups), 1)
        return np.bincount(groups, minlength=len(self.groups))

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

    def _runs(self) -> tuple[list[str | None], Array, Array]:
        """Return the groups in order, those that are not known last; and of each run of cases its group's place and size."""
        names = sorted({name for name, _ in self._packed.groups}, key=lambda name: (name is None, name or ""))
        places = {name: place for place, name in enumerate(names)}
        sizes = np.fromiter((size for _, size in self._packed.groups), np.int64, len(self._packed.groups))
        codes = np.fromiter((places[name] for name, _ in self._packed.groups), np.int64, len(sizes))
        if self._inside is not None:
            sizes = np.bincount(np.repeat(np.arange(len(sizes)), sizes)[self._inside], minlength=len(sizes))
        return names, codes[sizes > 0], sizes[sizes > 0]

    def _owners(self) -> tuple[Array, Array]:
        """Return the place of each case's customer within its group; and the group of each place, where it does not say."""
        pairs = self.customer * len(self.groups) + self.group
        if len(self.customers) * len(self.groups) <= GRID:
            return pairs.astype(np.int32), np.zeros(0, np.int64)
        known, place = np.unique(pairs, return_inverse=True)
        return place, known % len(self.groups)


def _moment(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND
