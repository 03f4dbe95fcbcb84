"""Labels by people: who may give which, blind, once each, the fifth of them twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.judge.judging import JudgeRun, Purpose
from handrail.domain.quality.judge.labels import GivenLabel, LabelTask, LabelVerdict
from handrail.domain.quality.judge.rubric import label_key
from handrail.postgres.pool import Pool
from handrail.postgres.quality.judging import PostgresJudging
from handrail.postgres.quality.labels import PostgresLabels
from handrail.quality.judging.loader import load_rubric
from handrail.shop import business
from tests.postgres.quality.judges import DAY, GOOD, answered

RUBRIC = load_rubric(business.folder).value
WORDING = label_key(RUBRIC.criteria["answered"])
AT = datetime(2026, 5, 5, tzinfo=UTC)
WORDINGS = [label_key(one) for one in RUBRIC.criteria.values()]


@pytest.fixture
def labels(pool: Pool) -> PostgresLabels:
    return PostgresLabels(pool)


def task(case_id: str, **changes: Any) -> LabelTask:
    about = {"day": DAY, "criterion": "answered", "wording": WORDING, "chosen_from": "pass", "probability": 0.25}
    return LabelTask(**{**about, "case_id": case_id, **changes})


def given(case_id: str, reviewer: str, verdict: LabelVerdict = LabelVerdict.PASS, **changes: Any) -> GivenLabel:
    about = {"criterion": "answered", "wording": WORDING, "given_at": AT}
    return GivenLabel(**{**about, "case_id": case_id, "reviewer": reviewer, "verdict": verdict, **changes})


async def test_a_case_is_labelled_by_one_or_by_two_and_by_nobody_twice(pool: Pool, labels: PostgresLabels) -> None:
    await answered(pool, ["one", "two"], GOOD)
    await labels.ask(task("one"))
    await labels.ask(task("two", twice=True))
    assert sorted(await labels.waiting("rita", WORDINGS)) == [("one", "answered"), ("two", "answered")]
    assert await labels.open(WORDINGS) == {"answered": 2}
    for case_id in ("one", "two"):
        await labels.give(given(case_id, "rita"))
    assert await labels.waiting("rita", WORDINGS) == []
    assert await labels.waiting("otto", WORDINGS) == [("two", "answered")]
    with pytest.raises(InvalidInput, match="is labelled by answered already"):
        await labels.give(given("one", "otto"))
    await labels.give(given("two", "otto", LabelVerdict.FAIL, given_at=AT + timedelta(minutes=1)))
    with pytest.raises(InvalidInput, match="already"):
        await labels.give(given("two", "mia"))
    later = AT + timedelta(minutes=2)
    await labels.give(given("two", "rita", LabelVerdict.CANNOT_SAY, note="on second thoughts", given_at=later))
    found = {each.case_id: each for each in await labels.labelled({"answered": WORDING})}
    assert [each.reviewer for each in found["two"].labels] == ["rita", "otto"], "the first stays the first"
    assert (found["two"].verdict, found["two"].pair, found["one"].probability) == (None, None, 0.25)


async def test_nobody_labels_what_they_had_a_hand_in(pool: Pool, labels: PostgresLabels) -> None:
    await answered(pool, ["mine"], GOOD)
    await labels.ask(task("mine"))
    async with pool.connection() as connection:
        await connection.execute(
            b"INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details) "
            b"VALUES ('mine', 'e', now(), 'Rita', 'reply', '{}')"
        )
    assert await labels.waiting("rita", WORDINGS) == []
    with pytest.raises(InvalidInput, match="had a hand in mine"):
        await labels.give(given("mine", "rita"))
    assert await labels.waiting("otto", WORDINGS) == [("mine", "answered")]


async def test_a_case_that_was_not_chosen_is_not_labelled(pool: Pool, labels: PostgresLabels) -> None:
    await answered(pool, ["other"], GOOD)
    with pytest.raises(InvalidInput, match="is not to be labelled by answered"):
        await labels.give(given("other", "rita"))
    await labels.ask(task("other"))
    with pytest.raises(InvalidInput, match="is not to be labelled"):
        await labels.give(given("other", "rita", wording="another wording"))


def command(*words: str) -> Any:
    found = CliRunner().invoke(app, [*words, "--json"])
    return json.loads(found.stdout or found.stderr)


async def test_the_commands_are_blind(
    pool: Pool, labels: PostgresLabels, shop_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)
    await answered(pool, ["case-1"], f"{GOOD} Card 4111 1111 1111 1111.")
    await labels.ask(task("case-1", chosen_from="fail", probability=1.0))
    about = {"day": DAY, "purpose": Purpose.SAMPLE, "case_id": "case-1", "criterion": "answered", "judge": "j"}
    await PostgresJudging(pool).keep(JudgeRun(**about, run=1, verdict="fail", quote="secret verdict", asked_at=AT))
    names = [one["name"] for one in people()]
    import asyncio

    found = await asyncio.to_thread(command, "labels", "next", "--reviewer", names[0])
    assert (found["case_id"], found["criterion"], found["waiting"]) == ("case-1", "answered", 1)
    shown = json.dumps(found)
    for hidden in ("secret verdict", "4111 1111", "chosen_from", "probability", "assistant"):
        assert hidden not in shown
    refused = await asyncio.to_thread(command, "labels", "give", "case-1", "answered", "--pass", "--reviewer", "nobody here")
    assert "is neither in reviewers.yaml nor in people.yaml" in refused["error"]["message"]
    two = await asyncio.to_thread(command, "labels", "give", "case-1", "answered", "--pass", "--fail", "--reviewer", names[0])
    assert "Give one of --fail, --pass and --cannot-say" in two["error"]["message"]
    kept = await asyncio.to_thread(command, "labels", "give", "case-1", "answered", "--fail", "--reviewer", names[0])
    assert (kept["verdict"], kept["reviewer"]) == ("fail", names[0])
    assert await asyncio.to_thread(command, "labels", "next", "--reviewer", names[0]) == {"waiting": 0}


def people() -> list[dict[str, Any]]:
    """The people of the shop."""
    from handrail.definitions import Document

    path = business.folder / "people.yaml"
    return list(Document.of(path, path.read_bytes()).data["people"])
