"""Drift over a real record: days are counted once, a person signs what was normal, a rise is an alarm once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.errors import IntegrityConstraintViolation
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.clock import SystemClock
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.watching.days import WatchTerms
from handrail.quality.watching.loader import load_drift
from handrail.quality.watching.watch import DriftWatch, WatchedDay
from handrail.shop import business
from tests.postgres.conftest import Run
from tests.postgres.quality.record import today, write_days

DAY = timedelta(days=1)


class Shell:
    """Commands against one database, without a stack."""

    def __init__(self, url: str) -> None:
        self._runner = CliRunner(env={"HANDRAIL_DATABASE_URL": url, "HANDRAIL_REVIEWER": None, "COLUMNS": "300"})

    async def __call__(self, *words: str, code: int = 0) -> str:
        done = await asyncio.to_thread(self._runner.invoke, app, list(words))
        assert done.exit_code == code, done.output
        return done.stdout if code == 0 else done.stderr

    async def document(self, *words: str) -> Any:
        return json.loads(await self(*words, "--json"))


@pytest.fixture
def shell(shop_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(shop_database_url)


async def watched(pool: Pool) -> WatchedDay:
    """The step for yesterday."""

    async def terms() -> WatchTerms:
        outcomes = load_outcomes(business.folder)
        await PostgresOutcomes(pool).define(outcomes.value, outcomes.version)
        topics = {"refund": Autonomy.AUTO, "order_status": Autonomy.AUTO}
        return WatchTerms(load_drift(business.folder, outcomes.value), outcomes, topics)

    watch = DriftWatch(PostgresDrift(pool), PostgresAlarms(pool), terms, SystemClock())
    return await watch.look(today() - DAY)


async def test_a_rise_is_an_alarm_once_and_is_watched_again_only_when_a_person_says_so(
    shell: Shell, pool: Pool, run: Run
) -> None:
    learned, risen = today() - 40 * DAY, today() - 6 * DAY
    await write_days(pool, "order_status", learned, today())
    await write_days(pool, "refund", learned, risen)
    assert "nobody has signed a baseline" in (await watched(pool)).words
    await write_days(pool, "refund", risen, today(), bad=20, model="m-2", release="r-2")
    await run("DELETE FROM handrail.drift_days WHERE day >= %s", risen)
    days = ("--since", str(learned), "--until", str(risen), "--watch-from", str(risen), "--indicator", "escalation")
    assert "a bad month" in await shell("drift", "baseline", "--accept", *days, code=3)
    shown = await shell.document("drift", "baseline", *days, "--topic", "all", "--topic", "refund")
    assert [(one["topic"], one["days"], one["cases"], one["accepted_by"]) for one in shown] == [
        ("", 34, 2720, ""),
        ("refund", 34, 1360, ""),
    ]
    signed = await shell.document("drift", "baseline", "--accept", "--by", "ann", *days)
    assert {one["accepted_by"] for one in signed} == {"ann"}
    assert {one["topic"] for one in signed if not one["shortage"]} == {"", "refund", "order_status"}
    first = await watched(pool)
    assert {(one.indicator, one.topic) for one in first.alarms} == {("escalation", ""), ("escalation", "refund")}
    refund = next(one for one in first.alarms if one.topic == "refund")
    assert refund.first_day == risen
    assert refund.day - risen <= 3 * DAY
    assert len(refund.evidence.case_ids) == 10
    assert refund.evidence.case_ids[0].startswith(f"refund-{risen}-")
    assert f"model m-2 first seen on {risen}" in refund.evidence.changes
    assert [one.value for one in refund.evidence.slices if one.dimension == "release"] == ["r-2"]
    whole = next(one for one in first.alarms if not one.topic)
    assert (whole.evidence.slices[0].dimension, whole.evidence.slices[0].value) in [
        *(("topic", "refund"), ("model", "m-2"), ("release", "r-2")),
    ]
    assert (await watched(pool)).alarms == []
    number = str(refund.alarm_id)
    page = await shell("alarms", "show", number)
    assert f"model m-2 first seen on {risen}" in page
    assert "release" in page
    assert "r-2" in page
    refused = await shell("drift", "baseline", "--accept", "--by", "ann", *days, "--topic", "refund", code=3)
    assert "nobody has acknowledged" in refused
    said = ("alarms", "acknowledge", number, "--by", "ann", "--real", "yes", "--note", "the new model")
    assert "handrail drift baseline --indicator escalation --topic refund" in await shell(*said)
    assert "ann has acknowledged alarm" in await shell(*said, code=3)
    assert (await watched(pool)).alarms == []
    standing = {one["series"]: one for one in await shell.document("drift", "watched")}
    assert "a new baseline has to be signed" in standing["escalation of refund"]["state"]
    assert "nobody has acknowledged" in standing["escalation of all cases"]["state"]
    assert (standing["escalation of order_status"]["armed"], standing["edits of refund"]["armed"]) == (True, False)
    (ledger,) = await shell.document("alarms", "ledger")
    assert (ledger["detector"], ledger["alarms"], ledger["acknowledged"], ledger["real"]) == ("z_cusum", 2, 1, 1)
    (again,) = await shell.document("drift", "baseline", "--accept", "--by", "bob", *days, "--topic", "refund")
    assert [one.baseline_id for one in (await watched(pool)).alarms] == [again["baseline_id"]]


async def test_a_quiet_record_raises_nothing_and_is_counted_once(shell: Shell, pool: Pool, run: Run) -> None:
    learned = today() - 50 * DAY
    await write_days(pool, "order_status", learned, today())
    days = ("--since", str(learned), "--until", str(today() - 15 * DAY), "--watch-from", str(today() - 15 * DAY))
    await shell("drift", "baseline", "--accept", "--by", "ann", *days, "--topic", "all")
    assert ((await watched(pool)).counted, len(await run("SELECT DISTINCT day FROM handrail.drift_days"))) == (15, 50)
    before = await run("SELECT count(*), max(counted_at) FROM handrail.drift_days")
    found = await watched(pool)
    assert (found.alarms, found.counted) == ([], 0)
    assert await run("SELECT count(*), max(counted_at) FROM handrail.drift_days") == before
    ((young,),) = await run("SELECT max(day) FROM handrail.drift_days WHERE indicator = 'repeat_48h'")
    assert young in (today() - 3 * DAY, today() - 2 * DAY), "its 48 hours are over"
    with pytest.raises(IntegrityConstraintViolation, match="baselines are only added to"):
        await run("UPDATE handrail.drift_baselines SET threshold = 100")
    assert "--topic: 'refnd' is not watched" in await shell("drift", "baseline", "--topic", "refnd", code=3)
    assert "Name days that have ended" in await shell("drift", "baseline", "--until", "2020-01-01", code=3)


async def test_what_a_control_held_is_told_by_day(pool: Pool, run: Run) -> None:
    await run(
        "INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, set_at) VALUES"
        " ('topic:refund', 'review', 'person', 'r', 'ann', true, now() - interval '3 days'),"
        " ('topic:refund', 'auto', 'person', 'r', 'ann', true, now() - interval '2 days'),"
        " ('global', 'draft', 'drill', 'r', 'drill', true, now() - interval '3 days')"
    )

    now, record = datetime.now(UTC), PostgresDrift(pool)
    assert await record.held(["refund", "order"], now - 3 * DAY, now - 2 * DAY) == {
        "refund": Autonomy.REVIEW,
        "order": Autonomy.AUTO,
    }
    assert await record.held(["refund"], now - DAY, now) == {"refund": Autonomy.AUTO}
