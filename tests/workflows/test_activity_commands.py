"""What an operator may do to a turn that runs, by `temporal activity`: the case goes on, and nothing is done twice."""

from __future__ import annotations

import asyncio
from functools import partial

from handrail.domain.case.cases import CaseView
from handrail.embedded.temporal import Temporal, binary
from handrail.shop.records.find import FoundOrder, find
from tests.support.house import House, wait_for

THINKING = 20.0
"""Seconds that the model thinks, and more than the commands need on a busy machine: each finds the turn at work."""
COMMANDS: list[list[list[str]]] = [
    [["reset"]],
    [["pause"], ["unpause"]],
    [["pause"], ["reset"]],
    [["update-options", "--heartbeat-timeout", "20s"]],
    [["update-options", "--start-to-close-timeout", "2s"]],
]


async def activity(server: Temporal, case_id: str, command: list[str]) -> None:
    """Run `temporal activity …` on the case's turn."""
    words = ["activity", command[0], "--workflow-id", f"case-{case_id}", "--activity-id", "2", *command[1:]]
    process = await asyncio.create_subprocess_exec(
        str(binary()), *words, "--address", server.address, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def paused(home: House, case_id: str) -> bool:
    found = await home.temporal.get_workflow_handle(f"case-{case_id}").describe()
    return any(one.paused for one in found.raw_description.pending_activities)


async def played(home: House, server: Temporal, order: FoundOrder, commands: list[list[str]]) -> CaseView:
    await home.model.script(order.order_id, {"latency_seconds": THINKING})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(partial(home.model.requests, case.case_id))
    for command in commands:
        await activity(server, case.case_id, command)
        if command == ["pause"]:
            await wait_for(partial(paused, home, case.case_id))
            await asyncio.sleep(2)
            assert (await home.cases.status(case.case_id)).status == "Working"
    return await home.settled(case.case_id)


async def test_a_turn_is_run_again_and_ends_as_it_would_have(home: House, temporal_server: Temporal) -> None:
    async with home.pool.connection() as connection:
        orders = await find(connection, limit=len(COMMANDS), status="shipped")
    found = await asyncio.gather(*(played(home, temporal_server, *each) for each in zip(orders, COMMANDS, strict=True)))
    assert [(one.status, one.usage.calls) for one in found] == [("Resolved", 1)] * len(COMMANDS)
    for case in found:
        said = await home.world.cases.transcript(case.case_id)
        assert [one.author for one in said if one.author != "system"] == ["customer", "assistant"]
