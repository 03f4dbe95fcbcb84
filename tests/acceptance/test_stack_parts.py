"""Each server that the stack is made of, on its own."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import psycopg
from temporalio import workflow
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.embedded.model import OfflineModel
from handrail.llm.offline.wire import JUDGE_MODEL

STATUS = SearchAttributeKey.for_keyword("CaseStatus")


@workflow.defn
class Naps:
    """Sleeps for a day, and says so where the Web UI can find it."""

    @workflow.run
    async def run(self) -> str:
        workflow.upsert_search_attributes([STATUS.value_set("Closed")])
        await workflow.sleep(86_400)
        return "rested"


async def test_every_database_is_fresh(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        row = await (
            await connection.execute("select current_setting('server_version_num')::int / 10000, 'ä' < 'z'")
        ).fetchone()
    assert row == (18, False)


async def test_the_server_knows_our_search_attributes(temporal_client: Client) -> None:
    handle = await temporal_client.start_workflow(
        Naps.run,
        id=f"naps-{uuid4()}",
        task_queue=f"naps-{uuid4()}",
        search_attributes=TypedSearchAttributes([SearchAttributePair(STATUS, "Working")]),
    )
    assert (await handle.describe()).typed_search_attributes.get(STATUS) == "Working"
    await handle.terminate()


async def test_the_server_remembers_closed_cases(temporal_client: Client) -> None:
    found = await temporal_client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert found.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)


async def test_the_offline_model_says_what_it_serves(offline_model: OfflineModel) -> None:
    async with httpx.AsyncClient(base_url=offline_model.url, trust_env=False) as client:
        models = (await client.get("models")).json()
    assert [model["id"] for model in models["data"]] == [offline_model.serves, JUDGE_MODEL]


async def test_time_is_skipped(time_skipping: WorkflowEnvironment) -> None:
    queue = f"naps-{uuid4()}"
    async with Worker(time_skipping.client, task_queue=queue, workflows=[Naps], workflow_runner=UnsandboxedWorkflowRunner()):
        assert await time_skipping.client.execute_workflow(Naps.run, id=f"naps-{uuid4()}", task_queue=queue) == "rested"
