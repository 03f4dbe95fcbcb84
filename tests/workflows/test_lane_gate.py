"""The gate before a lane's data: what an ended play's case still does is waited for, and what it begins is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError

from handrail.conformance.gate import Gatekeeper, LaneGate, PlayOver, StillWithin
from handrail.redaction.values import by_code
from handrail.temporal.cases.updates import workflow_id
from handrail.temporal.worker.interceptors import Guards
from tests.support.deployed import deployed
from tests.support.house import House, wait_for
from tests.workflows.test_confirmations import Held

ASKS = "Please cancel order {}."


async def test_what_an_ended_play_still_does_is_waited_for(home: House, tmp_path: Path) -> None:
    gate = LaneGate(tmp_path / "gate-1")
    record = Held(home.world.record, "apply", lambda one: True)
    order = await home.strangers_order(status="paid", total_under=90)
    async with deployed(
        replace(home, world=replace(home.world, record=record)), interceptors=[Gatekeeper(gate), Guards(by_code())]
    ) as lane:
        gate.open(workflow_id("played-1"))
        await lane.cases.open_case("played-1", order.customer_id, ASKS.format(order.order_id))
        await lane.until("played-1", lambda view: view.confirmation is not None)
        await lane.cases.say("played-1", "yes")
        await record.reached.wait()
        assert gate.within() == ["case.turn of case-played-1"]
        gate.shut()
        await lane.temporal.get_workflow_handle("case-played-1").terminate("played")
        leaving = asyncio.create_task(gate.quiet())
        await wait_for(lambda: left(gate))
        await leaving
        assert record.go.is_set() is False, "what waited was cut short, not let go"
    assert await effects(home, "played-1") == [(None,)]


async def test_no_other_case_than_the_one_played_does_anything(home: House, tmp_path: Path) -> None:
    gate = LaneGate(tmp_path / "gate-1")
    order = await home.strangers_order(status="paid", total_under=90)
    async with deployed(home, interceptors=[Gatekeeper(gate), Guards(by_code())]) as lane:
        gate.open(workflow_id("played-2"))
        await lane.cases.open_case("over-2", order.customer_id, ASKS.format(order.order_id))
        await lane.cases.open_case("played-2", order.customer_id, "Where is my order, please?")
        await lane.settled("played-2")
        gate.shut()
        await gate.quiet()
        with pytest.raises(WorkflowFailureError):
            await lane.temporal.get_workflow_handle("case-over-2").result()
    assert await home.rows("select 1 from handrail.cases where case_id = 'over-2'") == []
    assert len(await home.rows("select 1 from handrail.cases where case_id = 'played-2'")) == 1


async def test_who_does_not_leave_is_named(tmp_path: Path) -> None:
    gate = LaneGate(tmp_path / "gate-1")
    keeper = Gatekeeper(gate)
    gate.open("case-1")
    with keeper.passing("case-1", "case.turn"):
        with keeper.passing("case-1", "local.classify"):
            assert gate.within() == ["case.turn of case-1", "local.classify of case-1"]
        gate.shut()
        with pytest.raises(StillWithin, match=r"still at work 0 s after the play was over: case.turn of case-1"):
            await gate.quiet(patience=0)
        with pytest.raises(PlayOver), keeper.passing("case-1", "case.turn"):
            raise AssertionError("nobody passes")
    await gate.quiet(patience=0)


async def left(gate: LaneGate) -> bool:
    """Return whether nobody is within."""
    return gate.within() == []


async def effects(home: House, case_id: str) -> list[tuple[Any, ...]]:
    """What became of the case's effects, by the ledger."""
    return await home.rows("select outcome from handrail.actions where case_id = %(c)s and kind = 'effect'", c=case_id)
