"""The steps `judge` and `canary` of the business's day, made from the settings, over the real wire and the real record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.days import day_at
from handrail.llm.offline.wire import JUDGE_MODEL, OFFLINE_MODEL
from handrail.postgres.pool import Pool
from handrail.quality.judging.canary import CanaryStep
from handrail.quality.judging.judge import JudgeStep
from handrail.quality.judging.steps import OFF, CanaryOfDay, JudgeOfDay
from handrail.settings import Settings
from handrail.wiring.clients import canary_step, judge_step
from handrail.wiring.days.governing import judge_in_force
from tests.postgres.quality.judges import BAD, DAY, GOOD, Clock, QuietGovernor, answered, gates_of
from tests.postgres.quality.test_judge_status import drawn
from tests.support.scripted import KEY, Scripted, scripted

RUBRIC = """\
version: 1
runs: 1
criteria:
  helped:
    question: "Is the customer helped?"
    fails_when: "the answer does not help them at all."
"""
CANARY = """\
version: 1
answers: 2
baseline_days: 2
prompts: ["Write about a.", "Write about b.", "Write about c.", "Write about d.", "Write about e."]
"""


@pytest.fixture(scope="module")
def server(servers: Path) -> Iterator[Scripted]:
    with scripted(servers, key=KEY) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "canary.yaml").write_text(CANARY)
    return tmp_path


@pytest.fixture
def settings(server: Scripted) -> Settings:
    server.clear()
    given = {
        "openai_base_url": server.url,
        "openai_api_key": SecretStr(KEY),
        "model": OFFLINE_MODEL,
        "judge_model": JUDGE_MODEL,
    }
    return Settings().model_copy(update={**given, "judge_price_prompt": 1.0, "judge_price_completion": 1.0})


async def test_a_day_is_judged_by_the_model_of_the_settings(pool: Pool, settings: Settings, folder: Path) -> None:
    await drawn(pool, await answered(pool, ["good"], GOOD), 1.0)
    await drawn(pool, await answered(pool, ["bad"], BAD), 1.0)

    def make() -> AbstractAsyncContextManager[JudgeStep]:
        return judge_step(settings, pool, folder, Clock())

    governor = QuietGovernor()
    gates = gates_of(pool, lambda: judge_in_force(settings, folder), Clock())
    found = await JudgeOfDay(make, gates, governor).run(day_at(DAY, "UTC"))
    assert found.figures["cases"] == found.figures["calls"] == 2
    assert found.figures["cost_usd"] > 0
    assert found.words.startswith("2 cases judged by 1 criterion, 2 calls")
    again = await JudgeOfDay(make, gates, governor).run(day_at(DAY, "UTC"))
    assert again.figures["calls"] == 2
    assert governor.days == [], "a gate that was never open closes nothing"


async def test_without_a_judge_the_day_goes_on_and_says_so(pool: Pool, settings: Settings, folder: Path) -> None:
    unset = settings.model_copy(update={"judge_model": None})
    gates, governor = gates_of(pool, lambda: judge_in_force(unset, folder), Clock()), QuietGovernor()
    assert (await JudgeOfDay(None, gates, governor).run(day_at(DAY, "UTC"))).words == OFF
    assert governor.days == []
    own = settings.model_copy(update={"judge_model": OFFLINE_MODEL})
    with pytest.raises(InvalidInput, match="is the agent's own model"):
        async with judge_step(own, pool, folder, Clock()):
            pass


async def test_a_day_long_over_is_not_asked_for(pool: Pool, settings: Settings, folder: Path) -> None:
    clock = Clock()

    def make() -> AbstractAsyncContextManager[CanaryStep]:
        return canary_step(settings, pool, folder, clock)

    found = await CanaryOfDay(make, clock, QuietGovernor()).run(day_at(DAY, "UTC"))
    assert (found.figures["answers"], found.figures["hit"]) == (10, 0)
    clock.at += timedelta(days=2)
    late = await CanaryOfDay(make, clock, QuietGovernor()).run(day_at(DAY + timedelta(days=1), "UTC"))
    assert (late.figures, "cannot be asked any more" in late.words) == ({}, True)


async def test_the_commands_judge_and_watch(
    pool: Pool, settings: Settings, folder: Path, shop_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    await sampled(pool, await answered(pool, ["bad"], BAD), yesterday)
    for name, value in (
        ("HANDRAIL_DATABASE_URL", shop_database_url),
        ("HANDRAIL_DATA_DIR", str(folder / "nothing runs here")),
        ("OPENAI_BASE_URL", settings.openai_base_url or ""),
        ("OPENAI_API_KEY", KEY),
        ("HANDRAIL_MODEL", OFFLINE_MODEL),
        ("HANDRAIL_JUDGE_MODEL", JUDGE_MODEL),
    ):
        monkeypatch.setenv(name, value)

    async def said(*words: str) -> Any:
        done = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"])
        return json.loads(done.stdout or done.stderr)

    day = await said("judge", "run", "--day", str(yesterday))
    assert (day["cases"], day["spent"]["calls"]) == (1, 12), "four criteria of the shipped rubric, three runs each"
    assert day["criteria"]["answered"]["fails"] == 1
    status = await said("judge", "status", "--days", "2")
    (answered_criterion,) = [one for one in status["criteria"] if one["criterion"] == "answered"]
    assert (answered_criterion["judged"], answered_criterion["corrected"]) == (1, None)
    assert answered_criterion["statement"] == "unmeasured: never calibrated"
    (record, *_) = await said("judge", "calibrate", "--criterion", "answered")
    assert (record["opened"], record["reasons"][0]) == (False, "0 labels, 100 are needed")
    assert "is none of the rubric's" in (await said("judge", "calibrate", "--criterion", "nope"))["error"]["message"]
    assert "is no day" in (await said("judge", "run", "--day", "monday"))["error"]["message"]
    canary = await said("canary", "run", "--day", str(yesterday))
    assert (canary["answers"], canary["hit"], canary["p_day"]) == (100, False, None)
    refused = await said("canary", "accept", "--by", "ann", "--reason", "tried")
    assert "1 days of handrail-offline-1" in refused["error"]["message"]
    shown = await said("canary", "status")
    assert (shown["baseline"], shown["answered"]) == (None, {str(yesterday): 100})


async def sampled(pool: Pool, names: list[str], day: date) -> None:
    """Put cases into another day's sample."""
    await drawn(pool, names, 1.0)
    async with pool.connection() as connection:
        await connection.execute(b"UPDATE handrail.quality_samples SET day = %(day)s", {"day": day})
