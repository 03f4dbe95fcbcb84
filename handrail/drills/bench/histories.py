"""A case's histories in Temporal: events and bytes over all of its runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

from temporalio.client import Client, WorkflowExecutionDescription

from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Reading
from handrail.drills.bench.work import loads

QUIET_SECONDS = 4.0
"""A case is left alone for so long before its runs are counted: it may still continue as new."""


async def histories(side: Side, count: int) -> list[Reading]:
    """Return runs, events and bytes of a plain case, as medians over `count` of them."""
    opened = [await loads.open_case(side, letter) for letter in await side.customers.questions(count)]
    await loads.until_settled(side, opened, loads.LOOK_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    found = [await runs(side.client, f"case-{case_id}") for case_id in opened]
    return [
        Reading(figure="runs of a plain case", side=side.name, value=middle([len(one) for one in found])),
        Reading(figure="history events of a plain case", side=side.name, value=middle([events(one) for one in found])),
        Reading(figure="history of a plain case", side=side.name, value=middle([size(one) for one in found]), unit="KB"),
    ]


async def runs(client: Client, workflow_id: str) -> list[WorkflowExecutionDescription]:
    """Return every run of a workflow, from the first on."""
    newest = await client.get_workflow_handle(workflow_id).describe()
    run_id: str | None = newest.raw_description.workflow_execution_info.first_run_id or newest.run_id
    found = []
    while run_id:
        handle = client.get_workflow_handle(workflow_id, run_id=run_id)
        found.append(await handle.describe())
        last = (await handle.fetch_history()).events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id or None
    return found


def events(found: Sequence[WorkflowExecutionDescription]) -> int:
    """Return the events of all runs."""
    return sum(one.history_length for one in found)


def size(found: Sequence[WorkflowExecutionDescription]) -> float:
    """Return the size of all runs' histories in KB, as the server counts it."""
    return sum(one.raw_description.workflow_execution_info.history_size_bytes for one in found) / 1_000


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return round(float(median(values)), 2)
