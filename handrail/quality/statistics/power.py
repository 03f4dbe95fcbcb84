"""Power of the detectors: what could be noticed at a volume, how late, and at how many false alarms, by simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from handrail.quality.statistics.baselines import WEEK
from handrail.quality.statistics.detectors import YEAR, EDetector, ZCusum
from handrail.quality.statistics.worlds import Step, Volume, World, learned_in

HISTORIES = 1_000
QUIET_YEARS = 3
PATIENCE = 365
"""Days after which a shift counts as not noticed; it enters the mean with as many."""
_HALVINGS = 12
_HIGHEST = 40.0


@dataclass(frozen=True, slots=True)
class Delay:
    """The days until a shift is noticed. `missed` is the share of histories in which it was not, within a year."""

    mean: float
    p90: float
    missed: float


@dataclass(frozen=True, slots=True)
class Power:
    """The two detectors at a volume: false alarms a quiet year, and what a shift's delay is. `threshold` is z-CUSUM's."""

    volume: Volume
    threshold: float
    false_alarms: float
    delay: Delay
    proof_false_alarms: float
    proof_delay: Delay


def power(volume: Volume, *, alarms: float = 1.0, seed: int = 1, histories: int = HISTORIES) -> Power:
    """Simulate the detectors with at most so many false `alarms` a year; the same seed gives the same figures."""
    random = np.random.default_rng(seed)
    threshold = calibrated(volume, alarms, random, histories)
    quiet, baseline = World(volume, random, histories), learned_in(volume, random, histories)
    shifted = risen(quiet)
    cusum, proof = ZCusum(baseline, volume.shift, threshold), EDetector(baseline, YEAR / alarms)
    return Power(
        volume=volume,
        threshold=threshold,
        false_alarms=_alarms(quiet, cusum.step),
        delay=_delay(shifted, cusum.step),
        proof_false_alarms=_alarms(quiet, proof.step),
        proof_delay=_delay(shifted, proof.step),
    )


def noticed(volume: Volume, threshold: float, *, seed: int = 1, histories: int = HISTORIES) -> Delay:
    """Simulate after how many days z-CUSUM with this threshold notices the shift; the same seed gives the same figures."""
    random = np.random.default_rng(seed)
    quiet, baseline = World(volume, random, histories), learned_in(volume, random, histories)
    return _delay(risen(quiet), ZCusum(baseline, volume.shift, threshold).step)


def risen(quiet: World) -> World:
    """Return the same world in which the shift has happened."""
    return replace(quiet, volume=replace(quiet.volume, rates=tuple(rate + quiet.volume.shift for rate in quiet.volume.rates)))


def calibrated(volume: Volume, alarms: float, random: np.random.Generator, histories: int = HISTORIES) -> float:
    """Find the threshold of z-CUSUM at which a quiet year has so many `alarms`, the baseline's own error included."""
    world, quiet = World(volume, random, histories), ZCusum(learned_in(volume, random, histories), volume.shift, _HIGHEST)
    days = [quiet.distance(number % WEEK, *world.day(number)) for number in range(QUIET_YEARS * YEAR)]
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        cusum = replace(quiet, threshold=middle)
        hits = sum(int(cusum.advance(day).sum()) for day in days)
        low, high = (middle, high) if hits / histories / QUIET_YEARS > alarms else (low, middle)
    return high


def _alarms(world: World, step: Step) -> float:
    """The alarms a year in quiet years."""
    found = sum(int(hits.sum()) for hits in world.days(step, QUIET_YEARS * YEAR))
    return found / world.histories / QUIET_YEARS


def _delay(world: World, step: Step) -> Delay:
    days, waiting = np.full(world.histories, float(PATIENCE)), np.full(world.histories, True)
    for number, hits in enumerate(world.days(step, PATIENCE), 1):
        days[waiting & hits] = number
        waiting &= ~hits
        if not waiting.any():
            break
    return Delay(float(days.mean()), float(np.percentile(days, 90)), float(waiting.mean()))
