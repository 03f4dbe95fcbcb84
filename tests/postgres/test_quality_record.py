"""The sample and the scores on a real record: which cases a day has, what scorers are given, and what stands stays."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from typer.testing import CliRunner

from activities.quality.sample import SampleStep
from activities.quality.score import ScoreStep
from handrail.cli.main import app
from handrail.domain.errors import BusinessFailed
from handrail.domain.quality.days import day_at
from handrail.domain.quality.samples import CaseRisk, QualitySettings
from handrail.domain.quality.scores import ScoreVerdict
from handrail.postgres.pool import Pool
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.samples import PostgresSamples
from handrail.postgres.quality.scores import PostgresScores
from handrail.quality.scoring.generated import TERMS, generated, one_case
from handrail.quality.scoring.report import scores_report
from handrail.quality.scoring.scorers import SCORERS, score
from tests.postgres.build import NOON
from tests.postgres.outcomes.by_hand import write as by_hand
from tests.support.ended import ScoringHere, moved, write

DAY = day_at((NOON - timedelta(days=30)).date(), "UTC")
NAMES = [scorer.name for scorer in SCORERS]


async def test_a_day_has_the_cases_that_first_ended_on_it_by_the_riskiest_thing_in_them(pool: Pool) -> None:
    await by_hand(pool)
    found = {case.case_id: case.risk for case in await PostgresSamples(pool).ended(DAY, 0.6)}
    assert found["a1"] is CaseRisk.PLAIN
    assert found["a3"] is CaseRisk.EFFECT
    assert found["b4"] is CaseRisk.LOW_CONFIDENCE, "people got it on the next day"
    assert found["f1"] is CaseRisk.ESCALATED
    assert found["i1"] is CaseRisk.ESCALATED, "the first that fits counts"
    assert found["b3"] is CaseRisk.EFFECT, "reopened later, but it first ended here"
    assert "c4" not in found, "of a channel that does not count"
    assert not {"e1", "e3", "e4"} & set(found), "ended on another day, or not at all"
    later = {case.case_id for case in await PostgresSamples(pool).ended(day_at(DAY.day + timedelta(days=4), "UTC"), 0.6)}
    assert "b3" not in later


async def test_a_sample_is_drawn_once_and_stands(pool: Pool) -> None:
    await by_hand(pool)
    samples = PostgresSamples(pool)
    first = await SampleStep(samples, QualitySettings).run(DAY)
    drawn = await samples.drawn(DAY.day)
    assert first.figures["drawn"] == len(drawn) == first.figures["cases"]
    await write(pool, [moved(one_case(1, "en"), "late-", DAY.since)])
    again = await SampleStep(samples, QualitySettings).run(DAY)
    assert await samples.drawn(DAY.day) == drawn
    assert again.figures["drawn"] == first.figures["drawn"]


async def test_scorers_are_given_the_record_as_it_stands(pool: Pool) -> None:
    wanted = [moved(record, "r-", DAY.since) for record in generated(3)]
    await write(pool, wanted)
    found = await PostgresScores(pool).records(DAY, [record.case_id for record in wanted])
    for read, made in zip(found, wanted, strict=True):
        order = {each.effect_id: each for each in read.actions}
        assert [order[each.effect_id].model_copy(update={"rules": []}) for each in made.actions] == made.actions
        assert read.model_copy(update={"actions": made.actions}) == made


async def test_a_day_is_scored_and_reported_with_its_weights(pool: Pool, shop_database_url: str) -> None:
    """300 cases with a wrong sum in every tenth, and 20 that people had, each of them wrong."""
    plain = [moved(record, "p-", DAY.since) for record in generated(300)]
    handed = [moved(one_case(1000 + n, "en", wrong=True), "h-", DAY.since) for n in range(20)]
    await write(pool, plain)
    await write(pool, handed, people=True)
    samples, scores, days = PostgresSamples(pool), PostgresScores(pool), PostgresDays(pool)
    settings = QualitySettings(per_day=100)
    days_steps: list[Any] = [
        SampleStep(samples, lambda: settings),
        ScoreStep(scores, ScoringHere(), NAMES, lambda: TERMS),
    ]
    for step in days_steps:
        await days.finish(DAY, step.name, DAY.until, await step.run(DAY))
    drawn = await samples.drawn(DAY.day)
    assert {case.risk for case in drawn} == {CaseRisk.EFFECT, CaseRisk.ESCALATED}
    rows = await scores.between(DAY.day, DAY.day)
    assert len(rows) == 100 * len(NAMES)
    report = scores_report(DAY.day, DAY.day, "UTC", None, await scores.days_between(DAY.day, DAY.day), rows, 30, 0.95)
    assert (report.cases, report.drawn, report.unscored, report.days_missing) == (320, 100, 0, [])
    grounding = next(each for each in report.figures if each.scorer == "grounding")
    assert grounding.value is not None
    assert grounding.low is not None
    assert grounding.high is not None
    assert grounding.low <= (30 + 20) / 320 <= grounding.high
    assert abs(grounding.stands_for - 320) < 1e-6
    risky = scores_report(DAY.day, DAY.day, "UTC", "risk", await scores.days_between(DAY.day, DAY.day), rows, 30, 0.95)
    people = next(each for each in risky.figures if (each.scorer, each.group) == ("grounding", "escalated"))
    assert people.n == people.bad == sum(case.risk is CaseRisk.ESCALATED for case in drawn)
    assert people.value is None
    assert people.statement.startswith(f"n = {people.n}, too few to say")
    await check_commands(shop_database_url)


async def check_commands(url: str) -> None:
    """The commands tell the same of the same record."""
    import asyncio

    def told(*words: str) -> Any:
        found = CliRunner().invoke(app, [*words, "--json"], env={"HANDRAIL_DATABASE_URL": url})
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)

    sample = await asyncio.to_thread(told, "quality", "sample", "--day", str(DAY.day))
    assert (sample["drawn"], sample["cases"], sample["scored"]) == (100, 320, 100)
    report = await asyncio.to_thread(told, "quality", "scores", "--since", str(DAY.day))
    assert report["days"] == 1
    assert str(DAY.day) not in report["days_missing"]
    assert {each["scorer"] for each in report["figures"]} == set(NAMES)


async def test_scores_that_stand_stay_and_what_is_left_is_known(pool: Pool) -> None:
    await write(pool, [moved(record, "k-", DAY.since) for record in generated(4)])
    samples, scores = PostgresSamples(pool), PostgresScores(pool)
    await SampleStep(samples, QualitySettings).run(DAY)
    left = await scores.unscored(DAY.day, NAMES)
    assert len(left) == 4
    records = await scores.records(DAY, left[:1])
    first = [each for record in records for each in score(record, TERMS)]
    await scores.keep(DAY.day, first)
    await scores.keep(DAY.day, [each.model_copy(update={"verdict": ScoreVerdict.UNMEASURED}) for each in first])
    assert await scores.unscored(DAY.day, NAMES) == left[1:]
    stands = {row.scorer: row.verdict for row in await scores.between(DAY.day, DAY.day)}
    assert stands == {each.scorer: each.verdict for each in first}
    assert len(await scores.unscored(DAY.day, [*NAMES, "newer"])) == 4, "a new scorer has seen none of them"


async def test_the_same_words_to_many_customers_are_counted_over_the_whole_day(pool: Pool) -> None:
    same = [moved(one_case(5, "en"), f"s{n}-", DAY.since) for n in range(25)]
    await write(pool, same)
    await write(pool, [moved(one_case(5, "en"), f"x{n}-", DAY.since) for n in range(5)], channel="drill")
    (record,) = await PostgresScores(pool).records(DAY, [same[0].case_id])
    assert set(record.same_reply.values()) == {25}
    found = {each.scorer: each.verdict for each in score(record, TERMS)}
    assert found["repetition"] is ScoreVerdict.BAD


class Customers:
    """A business that tells of its customers until it is away."""

    def __init__(self, *, answers: int) -> None:
        self.asked, self._answers = list[str](), answers

    async def facts(self, customer_id: str) -> dict[str, Any]:
        self.asked.append(customer_id)
        if len(self.asked) > self._answers:
            raise BusinessFailed("away")
        return {"language": "en", "contact": {"email": "ann.lee@example.org"}}


async def test_the_business_is_asked_of_customers_and_left_alone_once_it_is_away(pool: Pool) -> None:
    """A reply that states the customer's own address: covered where the business tells it, unmeasured where it is away."""
    told = [one_case(n, "en") for n in range(4)]
    text = "Your papers stand under ann.lee@example.org."
    cases = []
    for record in told:
        last = record.messages[-1]
        actions = [
            each.model_copy(update={"arguments": {"text": text}}) if each.arguments.get("text") == last.text else each
            for each in record.actions
        ]
        messages = [*record.messages[:-1], last.model_copy(update={"text": text})]
        cases.append(moved(record.model_copy(update={"messages": messages, "actions": actions}), "o-", DAY.since))
    await write(pool, cases)
    await SampleStep(PostgresSamples(pool), QualitySettings).run(DAY)
    scores, customers = PostgresScores(pool), Customers(answers=2)
    await ScoreStep(scores, ScoringHere(), NAMES, lambda: TERMS, customers).run(DAY)
    found = [row.verdict for row in await scores.between(DAY.day, DAY.day) if row.scorer == "grounding"]
    assert sorted(found) == [ScoreVerdict.GOOD] * 2 + [ScoreVerdict.UNMEASURED] * 2
    assert len(customers.asked) == 3


def test_a_day_without_a_sample_says_so() -> None:
    report = scores_report(date(2026, 5, 1), date(2026, 5, 2), "UTC", None, [], [], 30, 0.95)
    assert report.days_missing == [date(2026, 5, 1), date(2026, 5, 2)]
