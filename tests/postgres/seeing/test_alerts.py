"""Each alert is fired in a drill: its fault is planted, figures are collected, and the rule holds, which it did not before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.domain.quality.days import STEPS
from handrail.embedded.model import OfflineModel
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.postgres.seeing import PostgresFigures
from handrail.seeing.figures import catalogue
from handrail.settings import Settings
from handrail.wiring.seen import reading
from tests.postgres.build import NOON, opening
from tests.postgres.conftest import Run
from tests.postgres.seeing.drill import Drill
from tests.postgres.seeing.faults import FAULTS
from tests.support.promql import Scrapes, Vector
from workflows.quality import QualityWorkflow

RULES = {
    rule["alert"]: rule["expr"]
    for group in yaml.safe_load((Path(catalogue.__file__).parents[1] / "monitoring" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
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


def test_there_is_a_fault_for_each_alert() -> None:
    assert set(FAULTS) == set(RULES)


@pytest.mark.parametrize("alert", RULES)
async def test_a_planted_fault_fires_its_alert(drill: Drill, alert: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE_SECONDS", 3.0)
    polled = "max by (kind) (handrail_task_pollers) > 0"
    await drill.until(lambda: drill.scrapes.firing(polled) if len(drill.scrapes.firing(polled)) == 2 else {})
    assert drill.scrapes.firing(RULES[alert]) == {}

    await FAULTS[alert](drill)

    def fires() -> Vector:
        return drill.scrapes.firing(RULES[alert])

    assert await drill.until(fires)


def test_a_part_whose_address_is_gone_is_missed() -> None:
    scrapes = Scrapes(now=NOON.timestamp())
    away = ("HandrailWorkerAway", "HandrailApiAway", "HandrailMailAway")
    scrapes.take(worker="", api="")
    assert [one for one in away if scrapes.firing(RULES[one])] == [], "mail was never there"
    scrapes.take(worker="", api="", mail="")
    assert [one for one in away if scrapes.firing(RULES[one])] == []
    scrapes.take()
    assert {one: [dict(labels)["job"] for labels in scrapes.firing(RULES[one])] for one in away} == {
        "HandrailWorkerAway": ["handrail-worker"],
        "HandrailApiAway": ["handrail-api"],
        "HandrailMailAway": ["handrail-mail"],
    }


async def test_the_record_is_read_in_one_statement_that_writes_nothing(pool: Pool, run: Run, cases: PostgresCases) -> None:
    await cases.open(opening(), NOON)
    found = await PostgresFigures(pool).read()
    assert set(found) <= {one.name for one in catalogue.RECORD}
    assert found["handrail_switch_on"] == {"": 0}
    async with pool.connection() as connection:
        about = {"steps": len(STEPS)}
        cursor = await connection.execute(b"EXPLAIN " + QUERIES["seen_figures"], about, prepare=False)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "ModifyTable" not in plan
