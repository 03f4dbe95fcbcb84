"""`handrail simulate`: what it takes, and that it says plainly what was not noticed."""

from __future__ import annotations

import pytest

from handrail.cli.quality.simulating import lines, listed, unnoticed
from handrail.domain.errors import InvalidInput
from handrail.simulation.plan import Mistake, PlantedKind
from handrail.simulation.report import Affected, EventNoticed, EventResult, SimulatedSeed, Speed, StepTaken

SEEN = EventNoticed(day=21, days=2, series="escalation of all cases", words="12 of 90")
LATE = EventNoticed(day=30, days=11, series="escalation of all cases", words="30 of 90")


def seed(*events: EventResult) -> SimulatedSeed:
    """The result of a seed with these events."""
    return SimulatedSeed(
        seed=4,
        days=90,
        quiet_days=35,
        cases=9_000,
        reviews=10,
        reviews_ungoverned=5,
        watched=48,
        mistake=Mistake.BLOCKS,
        events=list(events),
    )


def event(noticed: EventNoticed | None, everywhere: EventNoticed | None) -> EventResult:
    """The change of the model on day 20, noticed so."""
    steps = [StepTaken(day=21, kind="down", topic="refund", level="review")]
    return EventResult(
        kind=PlantedKind.MODEL,
        day=20,
        words="the model changes",
        within=7,
        noticed=noticed,
        on_all_cases=everywhere,
        mended_on=25 if noticed else None,
        steps=steps if noticed else [],
        governed=Affected(wrong=3, waited=9),
        ungoverned=Affected(wrong=8, waited=5),
    )


def test_seeds_are_numbers_with_commas() -> None:
    assert listed("1, 2,3") == [1, 2, 3]
    with pytest.raises(InvalidInput, match="--seeds"):
        listed("1,two")


def test_an_event_is_told_with_who_was_spared() -> None:
    told = "\n".join(lines(seed(event(SEEN, SEEN))))
    assert "noticed       day 21, within 2 days: escalation of all cases, 12 of 90" in told
    assert "day 21: refund to review" in told
    assert "3 customers with the governor, 8 without" in told
    assert "on all cases" not in told.partition("noticed")[0]
    assert not list(unnoticed([seed(event(SEEN, SEEN))]))


def test_what_was_not_noticed_or_not_in_time_is_said() -> None:
    assert list(unnoticed([seed(event(None, None))])) == ["seed 4: the model changes (day 20): never noticed"]
    (late,) = unnoticed([seed(event(SEEN, LATE))])
    assert "after 11 days, at most 7 were wanted" in late
    (elsewhere,) = unnoticed([seed(event(SEEN, None))])
    assert "on all cases never" in elsewhere


def test_speed_is_cases_over_seconds() -> None:
    speed = Speed(cases=1_000, seconds=20, playing_cpu_seconds=15)
    assert (speed.per_second, speed.cpu_milliseconds) == (50, 15)
    assert Speed().per_second == Speed().cpu_milliseconds == 0
