"""Another model behind the same name: how often it is said to be there when it is not, and how soon when it is."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from scipy.stats import binomtest

from handrail.domain.quality.judge.canary import CanaryBaseline, CanaryResult, KeptAnswer
from handrail.llm.offline.behaviour.speaking import spoken
from handrail.quality.judging.canary import YEAR, concluded
from handrail.quality.judging.loader import load_canary
from handrail.quality.statistics import equality
from handrail.quality.statistics.equality import PromptAnswers, difference, hamming

FILE = load_canary(Path("/nowhere")).value
FIRST = date(2026, 1, 1)
AT = datetime(2026, 1, 1, tzinfo=UTC)


class Days:
    """A canary over days that are drawn from the offline model's own free text."""

    def __init__(self, seed: int, prompts: int = len(FILE.prompts)) -> None:
        self.prompts = FILE.prompts[:prompts]
        self.chance = random.Random(seed)
        self.known = [one for number in range(FILE.baseline_days) for one in self.answers(number, "")]
        self.baseline = CanaryBaseline(
            baseline_id=1, served="m", canary=FILE.key, since=FIRST, until=FIRST + timedelta(days=FILE.baseline_days - 1),
            answers=len(self.known), models=["m"], reason="a test", actor="ann", at=AT,
        )  # fmt: skip

    def answers(self, number: int, variant: str) -> list[KeptAnswer]:
        """A day's answers."""
        return [
            KeptAnswer(
                day=FIRST + timedelta(days=number), served="m", canary=FILE.key, prompt=place, number=count,
                text=spoken(prompt, variant, self.chance), model="m", asked_at=AT,
            )
            for place, prompt in enumerate(self.prompts)
            for count in range(FILE.answers)
        ]  # fmt: skip

    def look(self, latest: list[list[KeptAnswer]]) -> CanaryResult:
        """The newest day's comparison."""
        blank = CanaryResult(day=latest[-1][0].day, served="m", canary=FILE.key, models=["m"], words="", at=AT)
        together = [one for answers in latest[-3:] for one in answers]
        return concluded(blank, self.baseline, self.known, latest[-1], together, FILE.alarms_a_year)


@pytest.mark.parametrize("seed", [101, 202])
def test_a_quiet_year_has_at_most_one_false_alarm(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(equality, "PERMUTATIONS", 1_499)
    monkeypatch.setattr("handrail.quality.judging.canary.PERMUTATIONS", 1_499)
    # False alarms do not hang on how many prompts there are; eight are cheaper.
    days, latest, hits = Days(seed, 8), list[list[KeptAnswer]](), 0
    for number in range(365):
        latest = [*latest[-2:], days.answers(FILE.baseline_days + number, "")]
        hits += days.look(latest).hit
    assert hits <= 1


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("variant", ["another", "quantised", "older"])
def test_another_model_is_noticed_within_three_days(seed: int, variant: str) -> None:
    days, latest = Days(seed), list[list[KeptAnswer]]()
    for number in range(3):
        latest.append(days.answers(FILE.baseline_days + number, variant))
        if days.look(latest).hit:
            return
    pytest.fail("nothing was noticed within three days")


def test_p_values_of_the_same_model_are_spread_evenly() -> None:
    chance = random.Random(5)

    def five(prompt: str) -> list[str]:
        return [spoken(prompt, "", chance) for _ in range(5)]

    small = 0
    for seed in range(300):
        prompts = [PromptAnswers(five(prompt), five(prompt)) for prompt in FILE.prompts[:4]]
        small += difference(prompts, seed=seed, permutations=199).p_value <= 0.1
    assert binomtest(small, 300, 0.1).pvalue > 0.001, small


def test_the_level_is_that_of_the_accepted_alarms() -> None:
    days = Days(9)
    found = days.look([days.answers(FILE.baseline_days, "")])
    assert found.level == pytest.approx(1 / YEAR / 2)
    assert found.p_latest is None, "one day is no three days"
    assert found.p_day is not None
    assert found.p_day >= 1 / 5_000


def test_the_kernel_counts_equal_places() -> None:
    kernel = hamming(["abc", "abd", "abc", ""])
    assert kernel[0, 2] == 1.0
    assert kernel[0, 1] == pytest.approx(3 / 4), "the end of a text is a place, too"
    assert kernel[0, 3] == pytest.approx(1 / 4)
    assert kernel[0, 1] == kernel[1, 0]
    long = "x" * 500
    assert hamming([long + "a", long + "b"])[0, 1] == 1.0, "what stands behind the first characters does not count"


def test_a_prompt_without_answers_says_nothing() -> None:
    whole = [PromptAnswers(["a b", "a c"], ["z y", "z x"])]
    same = difference([*whole, PromptAnswers(["a"], [])], seed=1, permutations=99)
    assert (same.prompts, same.answers) == (1, 2)
    with pytest.raises(ValueError, match="nothing to compare"):
        difference([PromptAnswers([], ["a"])], seed=1)


def test_a_strange_name_is_told_beside_the_test() -> None:
    days = Days(4)
    fresh = [one.model_copy(update={"model": "n"}) for one in days.answers(FILE.baseline_days, "")]
    blank = CanaryResult(day=fresh[0].day, served="m", canary=FILE.key, models=["n"], words="", at=AT)
    found = concluded(blank, days.baseline, days.known, fresh, fresh, FILE.alarms_a_year)
    assert "It gives its name as n, before as m." in found.words
