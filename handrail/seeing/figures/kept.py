"""Keeps the figures of one process, on whatever serves them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from handrail.seeing.figures.catalogue import FIGURES, Figure, FigureKind
from handrail.seeing.figures.labels import Labels

Values = Mapping[str, str]


class Counts(Protocol):
    """An instrument that only grows."""

    def add(self, value: int, additional_attributes: Values | None = None, /) -> None: ...


class Measures(Protocol):
    """An instrument that takes how long something took."""

    def record(self, value: float, additional_attributes: Values | None = None, /) -> None: ...


class Shows(Protocol):
    """An instrument that shows what is now."""

    def set(self, value: float, additional_attributes: Values | None = None, /) -> None: ...


class InstrumentMaker(Protocol):
    """A maker of instruments, as Temporal's runtime has one; what they show is served where its own figures are."""

    def create_counter(self, name: str, description: str | None = None, /) -> Counts: ...

    def create_histogram_float(self, name: str, description: str | None = None, /) -> Measures: ...

    def create_gauge_float(self, name: str, description: str | None = None, /) -> Shows: ...


class SeenFigures:
    """The figures of the catalogue. Labels that are on no list count as `other`."""

    def __init__(self, meter: InstrumentMaker, labels: Labels) -> None:
        self._labels = labels
        every = FIGURES.values()
        self._counts = {one.name: meter.create_counter(one.name, one.words) for one in every if one.kind is FigureKind.COUNTER}
        self._measures = {
            one.name: meter.create_histogram_float(one.name, one.words) for one in every if one.kind is FigureKind.SECONDS
        }
        self._shows = {
            one.name: meter.create_gauge_float(one.name, one.words) for one in every if one.kind is FigureKind.GAUGE
        }
        self._shown: dict[str, set[tuple[str, ...]]] = {}

    def add(self, figure: Figure, amount: int = 1, **labels: str) -> None:
        """Count; an amount of 0 has the series begin, so that its first increase is seen."""
        self._counts[figure.name].add(amount, self._fit(figure, labels))

    def took(self, figure: Figure, seconds: float, **labels: str) -> None:
        """Count something that took so long."""
        self._measures[figure.name].record(seconds, self._fit(figure, labels))

    def show(self, figure: Figure, value: float, **labels: str) -> None:
        """Show a value."""
        self._shows[figure.name].set(value, self._fit(figure, labels))

    def show_all(self, figure: Figure, values: Mapping[tuple[str, ...], float]) -> None:
        """Show these values by their labels, added up where labels become `other`; what was shown and is gone becomes NaN."""
        fitting: dict[tuple[str, ...], float] = {}
        for key, value in values.items():
            fit = tuple(self._fit(figure, dict(zip(figure.labels, key, strict=True))).values())
            fitting[fit] = fitting.get(fit, 0.0) + value
        gone = self._shown.get(figure.name, set()) - fitting.keys()
        for fit, value in {**fitting, **dict.fromkeys(gone, math.nan)}.items():
            self._shows[figure.name].set(value, dict(zip(figure.labels, fit, strict=True)))
        self._shown[figure.name] = set(fitting)

    def _fit(self, figure: Figure, labels: Values) -> dict[str, str]:
        return {name: self._labels.fit(name, labels[name]) for name in figure.labels}
