"""A ramp over a real record: a candidate that is worse ends by itself, with an alarm; one that is as good goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from handrail.cli.main import app
from handrail.domain.errors import ModelUnavailable
from handrail.domain.llm.agent import ModelRequest
from handrail.domain.quality.days import QualityDay
from handrail.domain.quality.evaluation.releases import RampTerms
from handrail.domain.rollout.ramps import Candidate, Ramp
from handrail.embedded.ports import free_block
from handrail.llm.server.calls import Calls
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.ramps import PostgresRamps
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.releases.rollback import RampWatch
from handrail.settings import Settings
from handrail.shop import business
from handrail.wiring.cases.watched import AgentModels
from handrail.wiring.days.ramping import RampTroubles, candidate_settings
from tests.postgres.quality.record import today, write_days
from tests.postgres.wallets import business as wallets
from tests.support.house import wait_for
from tests.support.passing import gated
from tests.unit.quality.evaluation.figures import PARTS

Typed = Callable[..., Awaitable[tuple[int, str]]]
DAYS = 20
TERMS = RampTerms(margins={"escalation": 0.02, "abandonment": 0.02})
ARMS = b"""
INSERT INTO handrail.case_releases (case_id, release, ramp_id, arm)
SELECT c.case_id, c.topic, %(ramp)s, CASE c.topic WHEN 'refund' THEN 'candidate' ELSE 'control' END FROM handrail.cases AS c
"""


async def ramped(pool: Pool, bad: int) -> int:
    """Twenty days of a ramp: 20 cases a day of the candidate, so many of them bad, and 20 of the control, 2 of them bad."""
    ramps = PostgresRamps(pool)
    ramp = Ramp(release="new", base="old", parts=PARTS, candidate=Candidate(model="m-2"), owner="greta", percent=50)
    going = await ramps.start(ramp, "")
    since = today() - timedelta(days=DAYS)
    await write_days(pool, "refund", since, today(), cases=20, bad=bad)
    await write_days(pool, "order_status", since, today(), cases=20, bad=2)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(ARMS, {"ramp": going.ramp_id})
    outcomes = load_outcomes(business.folder)
    await PostgresOutcomes(pool).define(outcomes.value, outcomes.version)
    return going.ramp_id


def watch(pool: Pool) -> RampWatch:
    return RampWatch(PostgresRamps(pool), lambda: TERMS, lambda: load_outcomes(business.folder).value)


def yesterday() -> QualityDay:
    begins = datetime.combine(today(), time(), tzinfo=UTC)
    return QualityDay(day=today() - timedelta(days=1), since=begins - timedelta(days=1), until=begins)


async def test_a_worse_candidate_is_rolled_back_once_with_an_alarm(pool: Pool) -> None:
    ramp_id = await ramped(pool, bad=9)
    found = await watch(pool).run(yesterday())
    assert "escalation: 4" in found.words
    assert "proven worse by more than 2.0%" in found.words
    ended = await PostgresRamps(pool).latest()
    assert ended is not None
    assert (ended.going, ended.percent, ended.kind) == (False, 0, "rollback")
    step, _ = await PostgresRamps(pool).steps(10, ramp_id)
    (alarm,) = await PostgresAlarms(pool).open()
    assert (step.actor, step.alarm_id, alarm.kind) == ("handrail", alarm.alarm_id, "ramp")
    assert step.evidence["escalation"]["worse_since"] == alarm.first_day.isoformat()
    assert "was rolled back from 50 %" in alarm.words
    assert alarm.first_day < today() - timedelta(days=3)
    assert (await watch(pool).run(yesterday())).words == "no ramp answers anybody"
    assert len(await PostgresAlarms(pool).open()) == 1


async def test_a_candidate_that_is_as_good_goes_on(pool: Pool) -> None:
    await ramped(pool, bad=2)
    found = await watch(pool).run(yesterday())
    assert "nothing is proven yet" in found.words
    going = await PostgresRamps(pool).latest()
    assert going is not None
    assert (going.going, going.percent) == (True, 50)
    assert await PostgresAlarms(pool).open() == []


async def test_what_both_arms_answered_and_what_is_not_settled_counts_for_neither(pool: Pool) -> None:
    ramp_id = await ramped(pool, bad=9)
    record, until = PostgresRamps(pool), yesterday().until
    before = await record.values(ramp_id, "escalation", "UTC", until)
    assert len([one for one in before if one.arm == "candidate"]) == DAYS * 20
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(
            b"INSERT INTO handrail.case_releases (case_id, release, ramp_id, arm)"
            b" SELECT c.case_id, 'old', %(ramp)s, 'control' FROM handrail.cases AS c WHERE c.topic = 'refund'",
            {"ramp": ramp_id},
        )
    left = await record.values(ramp_id, "escalation", "UTC", until)
    assert {one.arm for one in left} == {"control"}
    settled = await record.values(ramp_id, "repeat_48h", "UTC", until)
    assert len(settled) == (DAYS - 2) * 20


@pytest.mark.parametrize("percent", [0, 50])
async def test_where_nobody_was_answered_nothing_is_said(pool: Pool, percent: float) -> None:
    ramp = Ramp(release="new", base="old", parts=PARTS, candidate=Candidate(model="m-2"), owner="g", percent=percent)
    await PostgresRamps(pool).start(ramp, "")
    found = await watch(pool).look(today(), datetime.now(UTC))
    assert [one.candidate_n for one in found] == ([0, 0] if percent else [])


@pytest.fixture
def typed(
    shop_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """`handrail release ramp check` as it is typed: its exit code, and what it prints."""
    margins = "ramp: {margins: {escalation: 0.02, abandonment: 0.02}}\n"
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(gated(tmp_path / "definitions", margins)))
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)

    async def run(*more: str) -> tuple[int, str]:
        def go() -> int:
            with pytest.raises(SystemExit) as left:
                app(["release", "ramp", "check", *more])
            return int(left.value.code or 0)

        code = await asyncio.to_thread(go)
        said = capsys.readouterr()
        return code, " ".join(f"{said.out}{said.err}".split())

    return run


async def test_the_command_says_what_it_compared_and_that_it_rolled_back(typed: Typed, pool: Pool) -> None:
    assert await typed() == (0, "No ramp answers anybody, so there is nothing to compare.")
    await ramped(pool, bad=9)
    code, said = await typed()
    assert code == 0
    assert "escalation: 4" in said
    assert "proven worse by more than 2.0%" in said
    assert "abandonment: 0.0% bad" in said
    assert said.endswith("The ramp was rolled back: everybody is answered by the release in force.")
    assert await typed() == (0, "No ramp answers anybody, so there is nothing to compare.")
    assert await typed("--json") == (0, "[]")


async def test_the_command_leaves_a_ramp_that_goes_well_and_prints_its_figures(typed: Typed, pool: Pool) -> None:
    await ramped(pool, bad=2)
    code, said = await typed("--json")
    found = {one["indicator"]: one for one in json.loads(said)}
    assert (code, set(found)) == (0, {"escalation", "abandonment"})
    assert (found["escalation"]["candidate_n"], found["escalation"]["worse_since"]) == (DAYS * 20, None)
    assert (await typed())[1].count("nothing is proven yet") + (await typed())[1].count("proven not worse") >= 2


async def test_the_command_says_that_the_record_is_away_and_changes_nothing(
    typed: Typed, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ramped(pool, bad=9)
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_block(1)}/nowhere")
    code, said = await typed()
    assert code == 6
    assert "PostgreSQL" in said
    going = await PostgresRamps(pool).latest()
    assert going is not None
    assert going.going


async def test_a_candidate_whose_server_is_gone_ends_its_ramp_and_lowers_nothing_else(pool: Pool) -> None:
    ramps, controls = PostgresRamps(pool), PostgresControls(pool, wallets)
    candidate = Candidate(model="m-2", model_url=f"http://127.0.0.1:{free_block(1)}/v1")
    ramp = await ramps.start(Ramp(release="new", base="old", parts=PARTS, candidate=candidate, owner="g", percent=50), "")
    settings = candidate_settings(Settings(model_trouble_calls=3, OPENAI_API_KEY=SecretStr("test")), candidate)
    models = AgentModels(settings, controls, PostgresModels(pool), Calls(controls))
    model = models.candidate(settings, RampTroubles(ramps, ramp))

    async def over() -> bool:
        with pytest.raises(ModelUnavailable):
            await model.complete(ModelRequest(case_id=f"case-{uuid4().hex}", topic="refund", prompt="Help."))
        found = await ramps.latest()
        return found is not None and not found.going

    try:
        await wait_for(over)
    finally:
        await models.aclose()
    ended = await ramps.latest()
    assert ended is not None
    assert (ended.going, ended.kind) == (False, "rollback")
    step, _ = await ramps.steps(10, ramp.ramp_id)
    assert (step.actor, step.percent) == ("handrail", 0)
    assert "failed" in step.words
    assert await controls.in_force() == []
