"""What the Temporal server's lists know: they lag behind what happens, by more on a busy machine."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Client

from handrail.temporal.cases.executions import executions
from tests.support.house import wait_for


async def listed(client: Client, case_ids: Sequence[str], where: str = "ExecutionStatus = 'Running'") -> None:
    """Wait until the lists know a run of each of the cases that fits."""
    query = " OR ".join(f"WorkflowId = 'case-{one}'" for one in case_ids)

    async def found() -> bool:
        return {one.case_id async for one in executions(client, f"({query}) AND {where}")} == set(case_ids)

    await wait_for(found)
