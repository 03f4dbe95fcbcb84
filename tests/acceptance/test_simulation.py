"""A short simulation on a PostgreSQL of its own: a mistaken policy is noticed, and a seed gives one result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handrail.cli.quality.simulating import lines
from handrail.simulation.days.run import simulate
from handrail.simulation.plan import Mistake, PlantedEvent, PlantedKind, SimulationPlan

PLAN = SimulationPlan(
    days=12, seed=5, volume=60, quiet=28, events=(PlantedEvent(PlantedKind.POLICY, 3),), mistake=Mistake.BLOCKS
)


def quietly(words: str) -> None:
    """Hear nothing of how far it is."""


@pytest.mark.timeout(3_600)
def test_a_mistaken_policy_is_noticed_and_the_governor_acts() -> None:
    (one,), speed = simulate(PLAN, [PLAN.seed], 2, "handrail.shop", quietly)
    (event,) = one.events
    assert not one.failures
    assert not one.false_alarms
    assert event.noticed is not None
    assert event.noticed.day >= event.day
    assert event.mended_on == event.noticed.day + PLAN.reaction
    assert event.governed.wrong > 0
    assert event.steps, "the governor did nothing about an alarm"
    assert speed.cases > one.cases > 12 * 40


def test_a_seed_prints_one_result_in_any_number_of_processes() -> None:
    short = replace(PLAN, days=3, quiet=2, volume=50)
    (one,), _ = simulate(short, [PLAN.seed], 2, "handrail.shop", quietly)
    (again,), _ = simulate(short, [PLAN.seed], 1, "handrail.shop", quietly)
    assert one.cases > 100
    assert list(lines(again)) == list(lines(one))
