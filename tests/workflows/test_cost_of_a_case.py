"""What a plain case costs, in counts that need no clock: a question about an order, one look-up, everything on.

`pytest -s` shows the table. A bound is lowered with what makes a case cheaper, and is raised only with a reason.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from temporalio.client import Client

from handrail.drills.bench.customers import Customers, Letter
from handrail.shop import business
from tests.house import House, house, quiet, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.costs import WATCHING, cost, history, statements

BOUNDS = {
    "runs": 1,
    "activities": 1,
    "local activities": 1,
    "workflow tasks": 3,
    "timers": 1,
    "upserts": 2,
    "events": 16,
    "event bytes": 11_000,
    "payload bytes": 8_500,
    "SQL statements": 33,
    "SQL transactions": 7,
}
Watch = psycopg.AsyncConnection[tuple[Any, ...]]
SETTLED = ("Resolved", "AwaitingCustomer")


async def answered(home: House, watch: Watch, letter: Letter, case_id: str) -> None:
    """A case that was answered and rests."""
    await home.cases.open_case(case_id, letter.customer_id, letter.text)
    status, topic = await wait_for(lambda: rests(home, watch, case_id))
    assert status in SETTLED
    assert topic == "order_status"


async def rests(home: House, watch: Watch, case_id: str) -> tuple[Any, ...] | None:
    """Status and topic once nothing is being done in the case; it is not asked."""
    query = "select status, topic from handrail.cases where case_id = %s and status <> 'Working'"
    row = await (await watch.execute(query, [case_id])).fetchone()
    return row if row and await quiet(home.temporal, case_id) else None


async def test_a_plain_case_costs_no_more_than_it_did(
    temporal_client: Client,
    database_url: str,
    postgres_url: str,
    scripted_model: ScriptedModel,
    servers: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert business.seed
    async with (
        await psycopg.AsyncConnection.connect(database_url, autocommit=True, application_name=WATCHING) as watch,
        house(temporal_client, database_url, scripted_model.root) as home,
    ):
        await business.seed(watch)
        first, *others = await Customers(home.pool).questions(2)
        # The first of a worker loads what later ones find loaded.
        await answered(home, watch, first, "cost-first")
        database = database_url.rpartition("/")[2]
        async with statements(postgres_url, database, servers / "postgres.log") as heard:
            await asyncio.sleep(0.2)
            await answered(home, watch, others[0], "cost-second")
        found = cost(await history(temporal_client, "case-cost-second"), heard)
    table = found.table(BOUNDS)
    with capsys.disabled():
        print(f"\n{table}")  # noqa: T201 - the table is what people run this for
    assert not found.over(BOUNDS), f"costs more than it did: {found.over(BOUNDS)}\n{table}"
