"""A whole house for tests: the real worker's wiring over a real server, database and model, with its own task queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client
from temporalio.worker import WorkflowRunner

from handrail.domain.case.cases import CaseView
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.ports import Clock
from handrail.postgres.pool import Pool, open_pool
from handrail.settings import Settings
from handrail.shop.records.find import FoundOrder, find
from handrail.temporal.cases.client import CaseClient, TimedOut
from handrail.wiring.cases.serving import heeding
from handrail.wiring.cases.worker import Adapters, case_nodes, case_worker, world
from tests.support.learnt import learnt_once
from workflows.steps.deadlines import SETTLING

DEADLINE_SECONDS = 40.0
FIRST_TASK = 3


@dataclass(frozen=True, slots=True)
class House:
    """Everything a test talks to. `settings` is what the worker was wired with."""

    temporal: Client
    cases: CaseClient
    pool: Pool
    settings: Settings
    world: Adapters
    model: Model

    async def order(self, **needs: Any) -> FoundOrder:
        """An order of the seeded shop that fits."""
        async with self.pool.connection() as connection:
            found = await find(connection, limit=1, **needs)
        assert found, f"the seeded shop has no order with {needs}"
        return found[0]

    async def strangers_order(self, **needs: Any) -> FoundOrder:
        """An order that fits, of a customer who has no case yet: nothing is their second contact."""
        known = {customer for (customer,) in await self.rows("select distinct customer_id from handrail.cases")}
        async with self.pool.connection() as connection:
            found = [order for order in await find(connection, limit=200, **needs) if order.customer_id not in known]
        assert found, f"every customer of the seeded shop with {needs} has a case already"
        return found[0]

    async def open(self, customer_id: str, text: str, *, wait: bool = True, channel: str = "rehearsal") -> CaseView:
        """A new case; with `wait`, once it is not Working any more. Rehearsed, it counts as nobody's second contact."""
        case_id = f"t-{uuid4().hex[:12]}"
        await self.cases.open_case(case_id, customer_id, text, channel=channel)
        return await self.settled(case_id) if wait else await self.until(case_id, lambda view: True)

    async def settled(self, case_id: str) -> CaseView:
        """The case once it is not Working."""
        return await self.until(case_id, lambda view: view.status != "Working")

    async def until(self, case_id: str, fits: Callable[[CaseView], bool]) -> CaseView:
        """The case once it `fits`; where nobody works on it, once its record has that, too.

        A case says how it stands before that is recorded, and what reads the record, as the desk does, is a moment behind it.
        """
        try:
            view = await self.cases.wait(case_id, until=fits, timeout=DEADLINE_SECONDS)
        except TimedOut as late:
            late.add_note((await self.cases.status(case_id)).model_dump_json(indent=1))
            raise
        if view.status != "Working":
            query = "select 1 from handrail.cases where case_id = %(c)s and version >= %(v)s"
            await wait_for(lambda: self.rows(query, c=case_id, v=view.version))
        return view

    async def page(self, case_id: str) -> str:
        """The page of the Web UI, as the server gives it to the browser."""
        handle = self.temporal.get_workflow_handle(f"case-{case_id}")
        found = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return str(found.current_details)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database, for assertions."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query.encode(), values)
            return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Model:
    """The scripted offline model, controlled over HTTP."""

    root: str

    async def script(self, match: str, behaviour: dict[str, Any], times: int | None = 1) -> None:
        """What the model does to the next requests that hold `match`."""
        await self._call("POST", "/script", {"match": match, "times": times, "behaviour": behaviour})

    async def clear(self) -> None:
        """Back to the rules."""
        await self._call("DELETE", "/script")

    async def requests(self, holding: str) -> list[Any]:
        """The recorded requests that hold the text."""
        recorded = await self._call("GET", f"/requests?contains={quote(holding)}")
        return list(recorded["requests"])

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.request(method, f"{self.root}{path}", json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None


async def wait_for(what: Callable[[], Any], deadline: float = DEADLINE_SECONDS) -> Any:
    """The first true result of the async function `what`."""
    async with asyncio.timeout(deadline):
        while True:
            found = await what()
            if found:
                return found
            await asyncio.sleep(0.05)


@asynccontextmanager
async def house(
    client: Client,
    database_url: str,
    model_root: str,
    *,
    clock: Clock | None = None,
    runner: WorkflowRunner | None = None,
    **changes: Any,
) -> AsyncIterator[House]:
    """The worker in this process, over the given servers."""
    settings = Settings(
        database_url=SecretStr(database_url),
        model=OFFLINE_MODEL,
        database_pool=8,
        OPENAI_API_KEY=SecretStr("test"),
        OPENAI_BASE_URL=f"{model_root}/v1",
        # What one test has the model do is no trouble to the next.
        **{"task_queue": f"cases-{uuid4().hex[:8]}", "model_trouble_calls": 10_000, **changes},
    )
    pool = await open_pool(database_url, size=8)
    try:
        # A test that edits a file goes on at once.
        async with world(settings, pool, every=0.0, clock=clock) as adapters:
            async with learnt_once():
                await adapters.load()
            nodes = case_nodes(adapters, settings.approval_minutes)
            working = case_worker(client, settings, adapters, nodes, runner=runner)
            async with working, heeding(settings, adapters.calls):
                cases = CaseClient(client, task_queue=settings.task_queue)
                yield House(client, cases, pool, settings, adapters, Model(model_root))
    finally:
        await pool.close()


async def quiet(client: Client, case_id: str) -> bool:
    """The newest run has begun, and nothing is being done in it: without a finished task there is nothing to replay."""
    handle = client.get_workflow_handle(f"case-{case_id}")
    events = (await handle.fetch_history()).events
    found = (await handle.describe()).raw_description
    info = found.workflow_execution_info
    if info.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
        return True
    busy = found.pending_activities or found.HasField("pending_workflow_task") or settling(events)
    return not busy and FIRST_TASK < info.history_length == len(events)


def first_task(events: Sequence[HistoryEvent]) -> int:
    """The event at which the run's first workflow task began: where a reset to the beginning cuts."""
    return next(one.event_id for one in events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)


def settling(events: Sequence[HistoryEvent]) -> bool:
    """Whether the run only waits to be old enough to be continued."""
    started: set[int] = set()
    for event in events:
        if SETTLING.encode() in event.user_metadata.summary.data:
            started.add(event.event_id)
        started.discard(event.timer_fired_event_attributes.started_event_id)
        started.discard(event.timer_canceled_event_attributes.started_event_id)
    return bool(started)
