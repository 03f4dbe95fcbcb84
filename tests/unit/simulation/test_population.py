"""Simulated customers depend on their seed alone: not on the process that plays them, nor on how many there are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from handrail.domain.errors import InvalidInput
from handrail.simulation.chance import drawn, part
from handrail.simulation.plan import PlantedEvent, PlantedKind, SimulationPlan
from handrail.simulation.population import habits, shopping, words
from handrail.simulation.population.matters import HOURS, WANTS, WEEKDAYS, matters

PLAN = SimulationPlan(seed=7, volume=400)


def test_a_day_is_the_same_whoever_asks_and_another_with_another_seed() -> None:
    again = SimulationPlan(seed=7, volume=400)
    other = SimulationPlan(seed=8, volume=400)
    assert list(matters(PLAN, 3)) == list(matters(again, 3))
    assert list(matters(PLAN, 3)) != list(matters(other, 3))
    assert list(matters(PLAN, 3)) != list(matters(PLAN, 4))


def test_nothing_of_a_day_depends_on_the_days_before_it() -> None:
    alone = list(matters(PLAN, 9))
    for day in range(1, 9):
        list(matters(PLAN, day))
    assert list(matters(PLAN, 9)) == alone


def test_customers_write_by_the_hours_and_weekdays_that_are_given() -> None:
    quiet = SimulationPlan(seed=1, volume=500, events=())
    found = [(number, one) for number in range(1, 71) for one in matters(quiet, number)]
    by_hour = Counter(one.at.hour for _, one in found)
    assert by_hour[9] > 4 * by_hour[3]
    assert sum(HOURS[9:12]) / sum(HOURS) == pytest.approx(sum(by_hour[hour] for hour in (9, 10, 11)) / len(found), rel=0.05)
    by_weekday = Counter(quiet.day(number).weekday() for number, _ in found)
    assert by_weekday[0] / by_weekday[6] == pytest.approx(WEEKDAYS[0] / WEEKDAYS[6], rel=0.1)
    wanted = Counter(one.wants for _, one in found)
    assert wanted["refund"] / len(found) == pytest.approx(WANTS["refund"] / sum(WANTS.values()), rel=0.1)


def test_a_customer_writes_in_one_language() -> None:
    spoken: dict[str, set[str]] = {}
    for number in range(1, 30):
        for one in matters(PLAN, number):
            spoken.setdefault(one.customer_id, set()).add(one.language)
    assert max(len(languages) for languages in spoken.values()) == 1


def test_a_new_kind_of_request_comes_from_its_day_on_and_changes_nobody_else() -> None:
    planted = SimulationPlan(seed=7, volume=400, events=(PlantedEvent(PlantedKind.NOVEL, 5),))
    assert not [one for one in matters(planted, 4) if one.wants == "novel"]
    with_it = list(matters(planted, 5))
    assert [one for one in with_it if one.wants == "novel"]
    without = list(matters(SimulationPlan(seed=7, volume=400, events=()), 5))
    assert [one for one in with_it if one.wants != "novel"] == without


def test_an_order_fits_what_its_customer_wants() -> None:
    for one in matters(PLAN, 2):
        account = shopping.account(PLAN.seed, one.customer_id, one.language, one.at)
        order = shopping.order(PLAN.seed, one, account)
        assert order == shopping.order(PLAN.seed, one, account)
        status = order.status(one.at)
        if one.wants in ("cancel", "address"):
            assert status == "paid"
        if one.wants == "refund":
            assert status == "delivered"
            assert order.total >= one.amount
        if one.wants == "status":
            assert status == "shipped"


def test_every_kind_of_request_has_words_in_english_and_every_mood_in_every_language() -> None:
    chance = drawn(1)
    for wants in (*WANTS, "novel"):
        text = words.request(wants, "en", chance, order="O-123456", amount="12.50")
        assert "{" not in text
    for mood in ("calm", "polite", "annoyed", "furious"):
        for language in ("en", "de", "fr", "es", "nl"):
            assert "Guten Tag" in words.in_mood(mood, language, "Guten Tag")
    assert words.worded("yes", "de") == "Ja, bitte."


def test_people_work_in_their_hours() -> None:
    night = datetime(2025, 3, 1, 23, 10, tzinfo=UTC)
    assert habits.at_work(night) == datetime(2025, 3, 2, 7, 10, tzinfo=UTC)
    noon = night.replace(hour=12)
    assert habits.at_work(noon) == noon
    assert noon < habits.work_after(drawn(2), noon, 4, 90) <= noon + timedelta(minutes=90)


def test_chance_is_spread_evenly_over_names() -> None:
    parts = [part("model", number) for number in range(4_000)]
    assert sum(parts) / len(parts) == pytest.approx(0.5, abs=0.02)
    assert part("model", 1) == part("model", 1) != part("model", 2)


def test_days_are_counted_behind_the_quiet_ones() -> None:
    plan = SimulationPlan(quiet=35)
    assert plan.day(1).weekday() == 0
    assert plan.number(plan.day(17)) == 17
    assert plan.number(plan.day(-3)) == -3


@pytest.mark.parametrize(("plan", "named"), [(SimulationPlan(days=0), "--days"), (SimulationPlan(volume=3), "--cases")])
def test_a_plan_that_cannot_be_is_refused_by_name(plan: SimulationPlan, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        plan.check()


def test_sums_are_mostly_small_and_some_need_people() -> None:
    sums = [one.amount for number in range(1, 20) for one in matters(PLAN, number)]
    assert 0.07 < sum(one > Decimal(100) for one in sums) / len(sums) < 0.25
    assert all(isinstance(one, Decimal) for one in sums)
