"""Very many cases that wait while somebody edits the graph, and cases of an earlier build."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseOpen, CaseView
from handrail.domain.case.messages import IncomingMessage
from handrail.postgres.case.standings import PostgresStandings
from handrail.temporal.cases.executions import executions
from handrail.temporal.repair.heal import STUCK, Healer
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.deployed import deployed, queue
from tests.support.edited import (
    AT_ONCE,
    HELD,
    SMALL,
    Seen,
    approval_removed,
    approval_renamed,
    before_approval,
    edited,
    transcript,
)
from tests.support.house import House, wait_for


async def test_an_edit_beside_very_many_waiting_cases_strands_none(home: House) -> None:
    line, seen, order = queue(), Seen(), await home.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    async with deployed(home, task_queue=line) as before:
        cases = await asyncio.gather(*(before.open(order.customer_id, text) for _ in range(MANY)))
    assert {one.status for one in cases} == {"AwaitingApproval"}
    for edit in (before_approval, approval_renamed, approval_removed):
        async with deployed(home, edited(edit, seen), task_queue=line) as after:
            some, cases = cases[: MANY // 4], cases[MANY // 4 :]
            await asyncio.gather(*(reject(after, one) for one in some))
            found = await asyncio.gather(*(after.until(one.case_id, settled) for one in some))
            assert {one.status for one in found} == {"WithHuman"}
    async with deployed(home, task_queue=line) as back:
        await asyncio.gather(*(reject(back, one) for one in cases))
        found = await asyncio.gather(*(back.until(one.case_id, settled) for one in cases))
    assert {one.status for one in found} == {"WithHuman"}
    assert await stuck(home, line) == []


MANY = 40


async def reject(home: House, case: CaseView) -> None:
    seen = case.approvals[0]
    decision = DecisionInput(
        decision=DecisionKind.REJECT, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann"
    )
    await home.cases.decide(case.case_id, decision)


def settled(case: CaseView) -> bool:
    return case.status not in ("Working", "AwaitingApproval")


async def stuck(home: House, line: str) -> list[str]:
    query = f"TaskQueue = '{line}' AND {STUCK}"
    return [one.case_id async for one in executions(home.temporal, query)]


@workflow.defn(name="case", sandboxed=False)
class AnEarlierBuild:
    """Ran nodes as activities of their own."""

    @workflow.run
    async def run(self, given: dict[str, Any]) -> None:
        await workflow.execute_activity(
            "case.agent",
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def test_a_turn_that_an_earlier_build_began_comes_to_a_person(home: House) -> None:
    line, order, case_id = queue(), await home.order(**SMALL), f"t-{uuid4().hex[:12]}"
    first = IncomingMessage(message_id="m-1", text=f"One mug of {order.order_id} arrived broken.")
    opened = CaseOpen(case_id=case_id, customer_id=order.customer_id, message=first)
    asked = asyncio.Event()

    @activity.defn(name="case.agent")
    async def agent() -> None:
        asked.set()
        await asyncio.sleep(3_600)

    async with Worker(home.temporal, task_queue=line, workflows=[AnEarlierBuild], activities=[agent], **AT_ONCE):
        handle = await home.temporal.start_workflow(
            "case", opened.model_dump(mode="json"), id=f"case-{case_id}", task_queue=line
        )
        await asyncio.wait_for(asked.wait(), 20)
    await home.world.cases.open(opened, home.world.clock.now())
    await handle.signal("message", {"message_id": "m-2", "text": "It was the blue one."})
    async with deployed(home, task_queue=line) as after:
        standings = PostgresStandings(home.pool)
        reconciler = Reconciler(home.temporal, standings, line, grace=timedelta(0))
        healer = Healer(home.temporal, reconciler, line, grace=0)
        assert await wait_for(healer.once, deadline=90) == [case_id]
        case = await after.until(case_id, lambda view: view.status == "WithHuman")
        said = await wait_for(lambda: heard(home, case_id))
        assert await healer.once() == []
    assert case.reason == "run_lost"
    assert said == ["One mug of " + order.order_id + " arrived broken.", "It was the blue one."]


async def heard(home: House, case_id: str) -> list[str]:
    """What the customer said, once both messages stand in the record."""
    said = [words for who, words in await transcript(home, case_id) if who == "customer"]
    return said if len(said) == 2 else []
