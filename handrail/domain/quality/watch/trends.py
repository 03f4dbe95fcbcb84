"""Trends: the days of indicators as an owner looks at them."""

from __future__ import annotations

from handrail.domain.base import Stored
from handrail.domain.quality.watch.drift import VolumeIndicator


class IndicatorTrend(Stored):
    """The days of an indicator over all cases, the oldest first: of so many `cases` so many `bad`."""

    indicator: str
    cases: list[float]
    bad: list[float]

    @property
    def volume(self) -> bool:
        """True where cases are counted, and no share of them."""
        return self.indicator in list(VolumeIndicator)

    @property
    def points(self) -> list[float | None]:
        """The value of each day; None where a day had no case to take a share of."""
        if self.volume:
            return list(self.cases)
        return [bad / cases if cases else None for cases, bad in zip(self.cases, self.bad, strict=True)]

    def over(self, first: int, last: int) -> tuple[float, float | None]:
        """Return the cases of the days from `first` up to `last`, and their share, or the mean of a day."""
        cases, bad = sum(self.cases[first:last]), sum(self.bad[first:last])
        if self.volume:
            number = len(self.cases[first:last])
            return cases, cases / number if number else None
        return cases, bad / cases if cases else None
