"""What a judge says, watched over the real record: a rise is the agent's alarm, or the judge's own where that has moved."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.clock import SystemClock
from handrail.definitions import Loaded
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.judge.calibration import GateEvent
from handrail.domain.quality.watch.drift import AlarmKind, DriftBaseline, WatchedShare
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.quality.judging import PostgresJudging
from handrail.quality.judging.gates import JudgeInForce
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.watching.baselines import BaselinePeriod, calibrated_baselines, proposals
from handrail.quality.watching.days import WatchTerms, fill
from handrail.quality.watching.loader import load_drift
from handrail.quality.watching.watch import DriftWatch, WatchedDay, observations
from handrail.settings import Settings
from handrail.shop import business
from handrail.wiring.days.governing import judge_in_force
from tests.postgres.conftest import Run
from tests.postgres.quality.judged_days import SERIES, judge_anchors, judge_days, open_gate, record_of
from tests.postgres.quality.judges import Bench, TestedJudge, gates_of
from tests.postgres.quality.record import today, write_days

DAY = timedelta(days=1)
LEARNED, RISEN, NOW = today() - 42 * DAY, today() - 6 * DAY, today()


@dataclass
class Watched:
    """A business whose judge has judged six weeks of samples: the terms, the watch, and a person's word on what is normal."""

    pool: Pool
    bench: Bench

    async def terms(self) -> WatchTerms:
        outcomes = load_outcomes(business.folder)
        await PostgresOutcomes(self.pool).define(outcomes.value, outcomes.version)
        shipped = load_drift(business.folder, outcomes.value)
        drift = shipped.value.model_copy(update={"judged": {"helped": WatchedShare(shift=0.1)}})
        gates = gates_of(self.pool, lambda: JudgeInForce(self.bench.plan), SystemClock())
        judged = await gates.judged(lambda: ZoneInfo("UTC"))
        topics = {"refund": Autonomy.AUTO, "order_status": Autonomy.AUTO}
        return WatchTerms(Loaded(drift, shipped.version), outcomes, topics, judged)

    async def sign(self) -> list[DriftBaseline]:
        record, terms = PostgresDrift(self.pool), await self.terms()
        await fill(record, terms, LEARNED, NOW, datetime.now(UTC))
        period = BaselinePeriod(LEARNED, RISEN, RISEN)
        seen = await observations(record, terms, LEARNED, RISEN)
        found = proposals(terms, seen, period, lambda series: series.judged)
        ready = await calibrated_baselines(record, found, lambda words: None)
        return await record.sign([one.model_copy(update={"accepted_by": "ann"}) for one in ready])

    async def look(self) -> WatchedDay:
        gates = gates_of(self.pool, lambda: JudgeInForce(self.bench.plan), SystemClock())
        watch = DriftWatch(PostgresDrift(self.pool), PostgresAlarms(self.pool), self.terms, SystemClock(), None, gates.anchors)
        return await watch.look(NOW - DAY)


async def business_of(pool: Pool, *, fails: int = 8) -> Watched:
    """Six weeks of two topics; in the last six days the judge fails so many of forty sampled cases about refunds."""
    bench = Bench(pool, TestedJudge(), runs=1)
    for topic in ("refund", "order_status"):
        await write_days(pool, topic, LEARNED, NOW)
    await open_gate(pool, bench, LEARNED)
    await judge_days(pool, bench, LEARNED, NOW, topic="order_status")
    await judge_days(pool, bench, LEARNED, RISEN)
    await judge_days(pool, bench, RISEN, NOW, fails=fails)
    return Watched(pool, bench)


async def test_a_rise_is_an_alarm_of_the_agents_with_a_share_corrected_for_the_judges_errors(pool: Pool) -> None:
    watched = await business_of(pool, fails=24)
    await judge_anchors(pool, watched.bench, LEARNED, LEARNED, 20)
    await judge_anchors(pool, watched.bench, LEARNED, NOW - DAY, 21)
    (baseline,) = await watched.sign()
    assert (baseline.indicator, baseline.topic, baseline.shortage, baseline.days) == (SERIES, "", None, 36)
    assert baseline.cases / baseline.days == pytest.approx(80)
    assert baseline.shift >= 0.1 * 0.8, "a rise of ten points of all cases shows as eight in what this judge fails"
    (alarm,) = (await watched.look()).alarms
    assert (alarm.kind, alarm.indicator, alarm.topic, alarm.first_day) == (AlarmKind.DRIFT, SERIES, "", RISEN)
    told = re.search(
        r"(\S+)% fail since .* \((\S+)% to (\S+)%\), (\S+)% before; corrected for the judge's errors", alarm.evidence.words
    )
    assert told, alarm.evidence.words
    now, low, high, before = map(float, told.groups())
    # 20 % and about 40 % fail by the judge: 12.5 % and 37.5 % of all cases, where nine of ten verdicts are right.
    assert before == pytest.approx(12.5, abs=1)
    assert now == pytest.approx(37.5, abs=3)
    assert low < now < high
    assert "the judge stands still on old transcripts" in alarm.evidence.words
    (part,) = [one for one in alarm.evidence.slices if one.dimension == "topic"]
    assert (part.value, part.share) == ("refund", 1.0)
    assert len(alarm.evidence.case_ids) == 10
    assert (await watched.look()).alarms == []


async def test_the_same_rise_is_the_judges_where_it_got_stricter_on_old_transcripts(pool: Pool) -> None:
    watched = await business_of(pool, fails=24)
    await judge_anchors(pool, watched.bench, LEARNED, LEARNED, 20)
    await judge_anchors(pool, watched.bench, LEARNED, NOW - DAY, 27)
    await watched.sign()
    (alarm,) = (await watched.look()).alarms
    assert alarm.kind is AlarmKind.JUDGE
    assert alarm.evidence.words.startswith("the judge, and not the agent, may have changed: the judge moved since")
    assert "refund" in alarm.evidence.topics


async def test_without_old_transcripts_it_is_said_that_nothing_tells(pool: Pool) -> None:
    watched = await business_of(pool, fails=24)
    await watched.sign()
    (alarm,) = (await watched.look()).alarms
    assert (alarm.kind, "no old transcripts say" in alarm.evidence.words) == (AlarmKind.DRIFT, True)


async def test_a_quiet_judge_raises_nothing_and_a_closed_gate_counts_nothing(pool: Pool, run: Run) -> None:
    watched = await business_of(pool)
    await watched.sign()
    quiet = await watched.look()
    assert (quiet.alarms, quiet.watched) == ([], 1)
    before = await run("SELECT count(*) FROM handrail.drift_days WHERE indicator = %s", SERIES)
    held = (await watched.bench.record.calibrations(["helped"]))["helped"]
    closed = held.model_copy(update={"event": GateEvent.CLOSED, "opened": False, "reasons": ["the judge moved"]})
    await watched.bench.record.calibrated(closed)
    await run("DELETE FROM handrail.drift_days WHERE indicator = %s AND day = %s", SERIES, NOW - DAY)
    found = await watched.look()
    assert (found.watched, found.alarms) == (0, [])
    assert "the judge's gate is closed" in found.words
    assert await run("SELECT count(*) FROM handrail.drift_days WHERE indicator = %s", SERIES) < before
    await watched.bench.record.calibrated(held.model_copy(update={"at": datetime.now(UTC)}))
    assert "its definition has changed since: a new baseline is needed" in (await watched.look()).words, "another series"


async def test_the_days_are_told_with_intervals(
    pool: Pool, run: Run, shop_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (
        ("HANDRAIL_DATABASE_URL", shop_database_url),
        ("HANDRAIL_DATA_DIR", str(tmp_path)),
        ("HANDRAIL_MODEL", "agent-1"),
        ("HANDRAIL_JUDGE_MODEL", "judge-1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    plan = judge_in_force(settings, business.folder).plan
    key = plan.keys["clear"]
    await PostgresJudging(pool).calibrated(record_of("clear", key, NOW - 3 * DAY))
    version = "SELECT max(calibration_id) FROM handrail.quality_calibrations"
    ((number,),) = await run(version)
    for day, bad in ((NOW - 2 * DAY, 16.0), (NOW - DAY, 32.0)):
        await run(
            "INSERT INTO handrail.drift_days (indicator, topic, dimension, value, day, cases, bad, version, definitions)"
            " VALUES ('judge:clear', '', 'all', '', %s, 80, %s, %s, '')",
            day,
            bad,
            number,
        )

    async def said(*words: str) -> Any:
        done = await asyncio.to_thread(CliRunner().invoke, app, ["judge", "days", *words, "--json"])
        return json.loads(done.stdout or done.stderr)

    first, second = await said("--criterion", "clear")
    assert (first["raw"], round(first["value"], 3), round(second["value"], 3)) == (0.2, 0.125, 0.375)
    assert first["low"] < 0.125 < first["high"] < 1
    assert await said("--criterion", "courteous") == []
    assert "is none of the rubric's" in (await said("--criterion", "nope"))["error"]["message"]


async def test_a_day_counts_each_case_for_those_it_stands_for(pool: Pool, run: Run) -> None:
    bench = Bench(pool, TestedJudge(), runs=1)
    for topic in ("refund", "order_status"):
        await write_days(pool, topic, NOW - DAY, NOW)
    await open_gate(pool, bench, NOW - DAY)
    await judge_days(pool, bench, NOW - DAY, NOW, cases=40, fails=4, probability=0.1)
    await judge_days(pool, bench, NOW - DAY, NOW, topic="order_status", cases=40, fails=20, probability=1.0)
    watched = Watched(pool, bench)
    await watched.look()
    figures = "SELECT topic, cases, bad FROM handrail.drift_days WHERE indicator = %s AND dimension = 'all' ORDER BY topic"
    (whole, orders, refunds) = await run(figures, SERIES)
    # 400 and 40 cases are stood for; 440 ** 2 / (40 * 100 + 40 * 1) cases of equal weight would say as much.
    assert whole[1] == pytest.approx(440**2 / 4040)
    assert whole[2] / whole[1] == pytest.approx((40 + 20) / 440)
    assert (orders[0], refunds[0]) == ("order_status", "refund")
    assert whole[1:] == pytest.approx((orders[1] + refunds[1], orders[2] + refunds[2]))
