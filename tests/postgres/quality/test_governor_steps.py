"""The governor over a real database: a control and its step both or neither, once; and only an owner raises."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from psycopg.errors import IntegrityConstraintViolation
from typer.testing import CliRunner

from handrail.cli.common.rail import held
from handrail.cli.main import app
from handrail.clock import SystemClock
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm
from handrail.embedded.state import Stack
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.quality.governor.govern import GovernedDay, Governor
from handrail.quality.governor.loader import load_governor
from handrail.shop import business
from handrail.topics.dial import TopicDial
from handrail.topics.loader import FileTopics
from tests.postgres.conftest import Run
from tests.postgres.quality.record import today


@dataclass
class Office:
    """The governor, its alarms, and the command line."""

    pool: Pool
    url: str

    async def alarm(self, topic: str, indicator: str = "escalation") -> DriftAlarm:
        wanted = DriftAlarm(
            kind=AlarmKind.DRIFT,
            detector=Detector.Z_CUSUM,
            day=today(),
            first_day=today(),
            indicator=indicator,
            topic=topic,
            evidence=AlarmEvidence(words="20 of 50"),
        )
        raised = await PostgresAlarms(self.pool).raise_alarm(wanted)
        assert raised
        return raised

    async def govern(self) -> GovernedDay:
        controls = PostgresControls(self.pool, business)
        topics = FileTopics(business.folder / "topics", business.by_name)
        record, alarms = PostgresGovernor(self.pool, controls), PostgresAlarms(self.pool)
        rules = load_governor(business.folder).value
        return await Governor(record, alarms, topics, TopicDial(controls), lambda: rules, SystemClock()).govern(today())

    async def run(self, *words: str, code: int = 0) -> Any:
        environment = {"HANDRAIL_DATABASE_URL": self.url, "HANDRAIL_REVIEWER": None, "COLUMNS": "300"}
        done = await asyncio.to_thread(CliRunner(env=environment).invoke, app, [*words, *(["--json"] if not code else [])])
        assert done.exit_code == code, done.output
        return done.stderr if code else json.loads(done.stdout)


@pytest.fixture
def office(shop_database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Office:
    monkeypatch.chdir(tmp_path)
    return Office(pool, shop_database_url)


async def decide(run: Run, topic: str, approved: int, edited: int = 0) -> None:
    """People's decisions in the topic, just now."""
    await run(DECISIONS, topic, "approved", approved, "approved")
    await run(DECISIONS, topic, "edited", edited, "edited")


DECISIONS = """
WITH wanted AS (SELECT %s::text AS topic, %s::text AS kind),
made AS (
    INSERT INTO handrail.cases (
        case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
    )
    SELECT topic || kind || n, 'c', 'api', 'Working', topic, 0, 1, now(), now(), 1, ''
    FROM wanted, generate_series(1, %s) AS n RETURNING case_id
)
INSERT INTO handrail.approvals (
    case_id, approval_id, revision, request, status, decision, opened_at, due_at, update_names, version
)
SELECT case_id, 'r', 1, '{"request_id": "r", "kind": "approval"}', %s,
    jsonb_build_object('decided_at', now()), now(), now(), '{}', 1
FROM made
"""


async def test_an_alarm_steps_its_topic_down_once_and_a_killed_run_is_finished(
    office: Office, run: Run, tmp_path: Path
) -> None:
    raised = await office.alarm("refund")
    first, second = await asyncio.gather(office.govern(), office.govern())
    taken = [one for found in (first, second) for one in found.steps if one.kind == "down"]
    assert [(one.topic, one.level, one.alarm_id) for one in taken] == [("refund", "review", raised.alarm_id)]
    assert (await office.govern()).steps == []
    (control,) = await office.run("controls", "list")
    assert (control["scope"], control["level"], control["hand"], control["actor"], control["expires_at"]) == (
        "topic:refund",
        "review",
        "handrail",
        "governor",
        None,
    )
    assert f"alarms show {raised.alarm_id}" in control["reason"]
    stack = cast(Stack, SimpleNamespace(database_url=office.url, data_dir=tmp_path))
    told = await asyncio.to_thread(held, stack)
    named = [words for words in told if f"alarms show {raised.alarm_id}" in words]
    assert len(named) == 2, f"the status names control and alarm: {told}"
    with pytest.raises(IntegrityConstraintViolation, match="only added to"):
        await run("DELETE FROM handrail.governor_steps")


async def test_beyond_the_limit_people_are_paged_once(office: Office) -> None:
    for topic in ("refund", "order_status", "cancel_order", "change_address", "payment_status"):
        await office.alarm(topic)
    found = await office.govern()
    assert [one.kind.value for one in found.steps].count("down") == 3
    assert found.page is not None
    assert "payment_status would step down to 'review'" in found.page.evidence.words
    assert (await office.govern()).page is None
    standing = await office.run("alarms", "list")
    assert [one["kind"] for one in standing].count("blast") == 1
    assert len(await office.run("controls", "list")) == 3


async def test_its_owner_alone_raises_a_topic_and_with_evidence(office: Office, run: Run) -> None:
    assert await office.run("governor", "propose") == []
    assert "the governor does not hold refund" in await office.run("governor", "raise", "refund", "--by", "mia", code=3)
    await office.alarm("refund")
    await office.govern()
    assert "'mia' owns refund" in await office.run("governor", "raise", "refund", "--by", "bob", code=3)
    assert "stays down until" in await office.run("governor", "raise", "refund", "--by", "mia", code=3)
    await decide(run, "refund", approved=60)
    (proposed,) = await office.run("governor", "propose")
    assert (proposed["topic"], proposed["held_by"], proposed["owner"]) == ("refund", "governor", "mia")
    assert (proposed["approved"], proposed["decided"], proposed["enough"]) == (60, 60, False)
    assert proposed["reachable_on"] > str(today())
    why = ("--against-evidence", "the alarm was a wrong import")
    raised = await office.run("governor", "raise", "refund", "--by", "mia", *why)
    assert (raised["kind"], raised["actor"], raised["evidence"]["against"]) == ("raised", "mia", why[1])
    assert await office.run("controls", "list") == []
    assert (await office.govern()).steps == [], "the same alarm does not step it down again"
    assert [one["kind"] for one in await office.run("governor", "list")] == ["raised", "down"]


async def test_enough_evidence_raises_once_the_dwell_is_over(office: Office, run: Run) -> None:
    await office.alarm("refund")
    await office.govern()
    await decide(run, "refund", approved=90)
    (proposed,) = await office.run("governor", "propose")
    assert (proposed["enough"], proposed["reachable_on"]) == (True, str(today()))
    await run("ALTER TABLE handrail.governor_steps DISABLE TRIGGER governor_steps_only_grow")
    await run("UPDATE handrail.governor_steps SET at = now() - interval '25 hours'")
    raised = await office.run("governor", "raise", "refund", "--by", "mia")
    assert (raised["evidence"]["approved"], raised["evidence"]["against"]) == (90, None)
