"""The figures of each part, from what was seen. No clock and no server: the same sights give the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from statistics import median

from pydantic import Field

from handrail.domain.base import Stored
from handrail.drills.bench.statistics.figures import Ratio, percentile, pooled
from handrail.drills.load.parts import LoadPart
from handrail.drills.load.results import LoadFigure

STORM = 2.0
"""Calls during an outage over those that may be under way at once."""
DECIDED_MS = 1_000.0
AFTERWARDS_SECONDS = 120.0
ASTRAY = 0.02
"""Share of the messages that may reach a person although the model only asked for patience."""
SLOWED = 1.2
GROWN = 1.3
LONG = 1.2
P50, P95 = 0.5, 0.95


class OutageSeen(Stored):
    """An outage as it was seen. Latencies in milliseconds; `replied` are seconds from its end to each reply's commit.

    `usual_ms` are decisions before it; `cpu_seconds` is what each part spent once all messages waited, until its end.
    """

    messages: int
    seconds: float
    places: int
    calls: int
    cpu_seconds: dict[str, float] = Field(default_factory=dict)
    usual_ms: list[float]
    decided_ms: list[float]
    effects_ms: list[float]
    replied: list[float]
    to_people: int


class RoundSeen(Stored):
    """One round of other customers' cases, without and with the noisy one: milliseconds until each reply was committed."""

    quiet_ms: list[float]
    noisy_ms: list[float]


class DecisionsSeen(Stored):
    """Decisions beside so many waiting cases: milliseconds until each effect, per round, and CPU in ms by part."""

    waiting: int
    rounds_ms: list[list[float]]
    cpu_ms: dict[str, float] = Field(default_factory=dict)
    control_ms: list[float] = Field(default_factory=list)
    """A workflow that does nothing at the same time: what the machine itself took."""


class TurnSeen(Stored):
    """A turn of a long case: milliseconds until its reply, bytes of what went into it and came out, and its events."""

    number: int
    took_ms: float
    size: int
    events: int


class LongCaseSeen(Stored):
    """A long case: its turns, CPU in ms per turn by part in the first and the last window, its runs and their bytes."""

    turns: list[TurnSeen]
    window: int
    early_cpu_ms: dict[str, float]
    late_cpu_ms: dict[str, float]
    runs: int
    largest_run: int


def outage_figures(seen: OutageSeen) -> list[LoadFigure]:
    """Return calls, decisions and replies of an outage."""
    unanswered = seen.messages - len(seen.replied)
    last = max(seen.replied, default=0.0)
    return [
        _figure(LoadPart.OUTAGE, "the model says no for", round(seen.seconds, 1), "s"),
        _figure(LoadPart.OUTAGE, "calls meanwhile", seen.calls, "", STORM * seen.places),
        *(
            _figure(LoadPart.OUTAGE, f"{part} CPU meanwhile", round(spent, 1), "s")
            for part, spent in sorted(seen.cpu_seconds.items())
        ),
        _timed(LoadPart.OUTAGE, "a decision before it, p95", seen.usual_ms, P95),
        _timed(LoadPart.OUTAGE, "a decision is taken, p95", seen.decided_ms, P95, DECIDED_MS),
        _timed(LoadPart.OUTAGE, "its effect is committed, p95", seen.effects_ms, P95, DECIDED_MS),
        _figure(LoadPart.OUTAGE, "the last reply comes after", round(last, 1), "s", AFTERWARDS_SECONDS),
        _figure(LoadPart.OUTAGE, "messages without a reply", unanswered, "", 0),
        _figure(LoadPart.OUTAGE, "messages that reach a person", seen.to_people, "", ASTRAY * seen.messages),
    ]


def noisy_figures(rounds: Sequence[RoundSeen]) -> list[LoadFigure]:
    """Return how much slower others' replies are beside the noisy customer."""
    quiet, noisy = [one.quiet_ms for one in rounds], [one.noisy_ms for one in rounds]
    found = []
    for name, share in (("p50", P50), ("p95", P95)):
        found += [
            _timed(LoadPart.NOISY, f"others' reply, {name}", _all(quiet), share),
            _timed(LoadPart.NOISY, f"beside the noisy one, {name}", _all(noisy), share),
            _ratio(LoadPart.NOISY, f"slowed, {name}", pooled(noisy, quiet, share), SLOWED),
        ]
    return found


def waiting_figures(few: DecisionsSeen, many: DecisionsSeen, bytes_each: Mapping[str, float]) -> list[LoadFigure]:
    """Return how much slower decisions are beside many waiting cases, and the bytes of each by database."""
    found = []
    for name, share in (("p50", P50), ("p95", P95)):
        found += [
            _timed(LoadPart.WAITING, f"a decision beside {one.waiting:,}, {name}", _all(one.rounds_ms), share)
            for one in (few, many)
        ]
        found.append(_ratio(LoadPart.WAITING, f"slower, {name}", pooled(many.rounds_ms, few.rounds_ms, share), GROWN))
    for part in sorted(few.cpu_ms.keys() & many.cpu_ms.keys()):
        found.append(_figure(LoadPart.WAITING, f"{part} CPU of a decision beside {few.waiting:,}", few.cpu_ms[part], "ms"))
        found.append(_figure(LoadPart.WAITING, f"{part} CPU of a decision beside {many.waiting:,}", many.cpu_ms[part], "ms"))
    if few.control_ms and many.control_ms:
        machine = median(many.control_ms) / median(few.control_ms)
        found.append(_figure(LoadPart.WAITING, "slower, a workflow that does nothing", round(machine, 2)))
    sizes = [_figure(LoadPart.WAITING, f"a waiting case in {name}", size, "bytes") for name, size in bytes_each.items()]
    return [*found, *sizes]


def turns_figures(seen: LongCaseSeen) -> list[LoadFigure]:
    """Return what the last turns of a long case cost over its first ones; the very first loads things and does not count."""
    early, late = seen.turns[1 : 1 + seen.window], seen.turns[-seen.window :]
    names = f"turns {early[0].number}-{early[-1].number}", f"turns {late[0].number}-{late[-1].number}"
    found = [
        _spread(names[0], [one.took_ms for one in early], "ms"),
        _spread(names[1], [one.took_ms for one in late], "ms"),
        _over("time", median(one.took_ms for one in late), median(one.took_ms for one in early)),
    ]
    cpu = sum(seen.early_cpu_ms.values()), sum(seen.late_cpu_ms.values())
    for part in sorted(seen.early_cpu_ms.keys() & seen.late_cpu_ms.keys()):
        for name, values in zip(names, (seen.early_cpu_ms, seen.late_cpu_ms), strict=True):
            found.append(_figure(LoadPart.TURNS, f"{part} CPU, {name}", round(values[part], 1), "ms"))
    found.append(_over("CPU", cpu[1], cpu[0]))
    sizes = [median(one.size for one in few) for few in (early, late)]
    found += [_figure(LoadPart.TURNS, f"in and out, {name}", size, "bytes") for name, size in zip(names, sizes, strict=True)]
    found.append(_over("events", median(one.events for one in late), median(one.events for one in early)))
    found.append(_figure(LoadPart.TURNS, "runs of the case", seen.runs))
    found.append(_figure(LoadPart.TURNS, "history of its largest run", seen.largest_run, "bytes"))
    return found


def _figure(part: LoadPart, figure: str, value: float, unit: str = "", at_most: float | None = None) -> LoadFigure:
    return LoadFigure(part=part, figure=figure, value=value, unit=unit, at_most=at_most)


def _timed(part: LoadPart, figure: str, took: Sequence[float], share: float, at_most: float | None = None) -> LoadFigure:
    """Return a percentile of times in milliseconds."""
    low, high = round(min(took), 1), round(max(took), 1)
    value = round(percentile(took, share), 1)
    return LoadFigure(part=part, figure=figure, value=value, unit="ms", at_most=at_most, low=low, high=high)


def _ratio(part: LoadPart, figure: str, ratio: Ratio, at_most: float) -> LoadFigure:
    low, high = round(ratio.low, 2), round(ratio.high, 2)
    return LoadFigure(part=part, figure=figure, value=_up(ratio.value), at_most=at_most, low=low, high=high)


def _spread(figure: str, took: Sequence[float], unit: str) -> LoadFigure:
    low, high = round(min(took), 1), round(max(took), 1)
    return LoadFigure(part=LoadPart.TURNS, figure=figure, value=round(median(took), 1), unit=unit, low=low, high=high)


def _over(figure: str, late: float, early: float) -> LoadFigure:
    return _figure(LoadPart.TURNS, f"late over early, {figure}", _up(late / early), "", LONG)


def _up(ratio: float) -> float:
    """Round up: what is over a bound by a hair reads as over it."""
    return ceil(round(ratio * 1_000, 6)) / 1_000


def _all(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [value for one in rounds for value in one]
