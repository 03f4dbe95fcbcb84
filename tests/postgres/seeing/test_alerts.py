"""Each alert is fired in a drill: its fault is planted, figures are collected, and the rule holds, which it did not before."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.embedded.model import OfflineModel
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.settings import Settings
from handrail.wiring.seen import reading
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.seeing.drill import Drill
from tests.postgres.seeing.faults import FAULTS
from tests.support.promql import Scrapes, Vector
from tests.support.promtool import NO_PROMTOOL, PROMTOOL, Held
from tests.support.promtool import RULES as FILE
from workflows.quality import QualityWorkflow

RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]
}


@activity.defn
async def cases_of_nobody() -> None:
    """An activity, so that the worker polls for some."""


@pytest.fixture
async def drill(
    pool: Pool,
    run: Run,
    cases: PostgresCases,
    temporal_client: Client,
    offline_model: OfflineModel,
    postgres_url: str,
    tmp_path: Path,
) -> AsyncIterator[Drill]:
    """A house in which nothing is wrong: a worker polls its queue."""
    queue = f"drill-{uuid4().hex}"
    settings = Settings(data_dir=tmp_path, task_queue=queue)
    worker = Worker(
        temporal_client,
        task_queue=queue,
        workflows=[QualityWorkflow],
        activities=[cases_of_nobody],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="drill",
        graceful_shutdown_timeout=timedelta(0),
    )
    async with worker:
        yield Drill(pool, run, cases, temporal_client, settings, model=offline_model.url, admin=postgres_url)


@pytest.mark.skipif(PROMTOOL is None, reason=f"how long an alert has to hold is not tried: {NO_PROMTOOL}")
def test_promtool_takes_the_rules() -> None:
    ran = subprocess.run([str(PROMTOOL), "check", "rules", str(FILE)], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, f"{len(RULES)} rules found" in ran.stdout) == (0, True), ran.stdout + ran.stderr


def test_there_is_a_fault_for_each_alert() -> None:
    assert set(FAULTS) == set(RULES)


@pytest.mark.parametrize("alert", RULES)
async def test_a_planted_fault_fires_its_alert_once_it_held_and_as_long_as_it_lasts(
    drill: Drill, alert: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_SECONDS", 3.0)
    polled = "max by (kind) (handrail_task_pollers) > 0"
    await drill.until(lambda: drill.scrapes.firing(polled) if len(drill.scrapes.firing(polled)) == 2 else {})
    assert drill.scrapes.firing(RULES[alert]["expr"]) == {}

    await FAULTS[alert](drill)

    def fires() -> Vector:
        return drill.scrapes.firing(RULES[alert]["expr"])

    assert await drill.until(fires)
    if PROMTOOL is not None:
        assert Held(RULES[alert], drill.scrapes, drill.later).refused(tmp_path) == ""


def test_a_part_whose_address_is_gone_is_missed() -> None:
    scrapes = Scrapes(now=NOON.timestamp())
    away = ("HandrailWorkerAway", "HandrailApiAway", "HandrailMailAway")
    scrapes.take(worker="", api="")
    assert [one for one in away if scrapes.firing(RULES[one]["expr"])] == [], "mail was never there"
    scrapes.take(worker="", api="", mail="")
    assert [one for one in away if scrapes.firing(RULES[one]["expr"])] == []
    scrapes.take()
    assert {one: [dict(labels)["job"] for labels in scrapes.firing(RULES[one]["expr"])] for one in away} == {
        "HandrailWorkerAway": ["handrail-worker"],
        "HandrailApiAway": ["handrail-api"],
        "HandrailMailAway": ["handrail-mail"],
    }


def test_figures_that_were_never_read_are_stale() -> None:
    scrapes = Scrapes(now=NOON.timestamp())
    scrapes.take(worker="", api="")
    assert scrapes.firing(RULES["HandrailFiguresStale"]["expr"])


def test_one_stack_that_is_well_hides_no_other() -> None:
    scrapes = Scrapes(now=NOON.timestamp())
    scrapes.take(worker='handrail_record_reachable{namespace="shop"} 0\nhandrail_record_reachable{namespace="try"} 1\n')
    assert [dict(one) for one in scrapes.firing(RULES["HandrailDatabaseAway"]["expr"])] == [{"namespace": "shop"}]
    together = [alert for alert, rule in RULES.items() if re.search(r"\b(max|min|sum)\b(?! by \(namespace)", rule["expr"])]
    assert together == []
