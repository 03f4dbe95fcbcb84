"""Turns in progress while somebody edits the graph: nothing is asked or done twice."""

from __future__ import annotations

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from tests.support.deployed import deployed, queue
from tests.support.edited import (
    AT_ONCE,
    ENDED,
    HELD,
    SMALL,
    Seen,
    after_approval,
    approve,
    before_approval,
    edited,
    held,
    refunds,
    rename,
    rewire,
    transcript,
)
from tests.support.house import House, wait_for


def before_agent(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """classify ─► step ─► agent"""
    graph = build_case_graph(nodes)
    rewire(graph, "classify", agent="step")
    seen.into(graph, "agent")
    return graph


async def thinking(home: House, order_id: str, text: str, customer_id: str) -> str:
    """A case whose model call is in progress when this returns."""
    await home.model.script(order_id, {"latency_seconds": 60})
    case = await home.open(customer_id, text, wait=False)
    await wait_for(lambda: home.model.requests(case.case_id))
    return case.case_id


async def test_an_edit_ahead_of_a_turn_in_progress_is_simply_taken(home: House) -> None:
    line, seen, order = queue(), Seen(), await home.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case_id = await thinking(before, order.order_id, text, order.customer_id)
    async with deployed(home, edited(before_approval, seen), task_queue=line) as after:
        case = await after.until(case_id, lambda view: view.status == "AwaitingApproval")
        await approve(after, case)
        case = await after.until(case_id, lambda view: view.status in ENDED)
    assert set(seen.cases) == {case_id}
    assert await refunds(home, case_id) == 1


async def test_an_edit_behind_a_turn_in_progress_is_taken_where_nothing_was_answered(home: House) -> None:
    line, seen, order = queue(), Seen(), await home.order(status="shipped")
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case_id = await thinking(before, order.order_id, f"Where is my order {order.order_id}?", order.customer_id)
    async with deployed(home, edited(before_agent, seen), task_queue=line) as after:
        case = await after.until(case_id, lambda view: view.status in ENDED)
    assert (seen.cases, case.turn) == ([case_id], 1)
    assert [who for who, _ in await transcript(home, case_id)] == ["customer", "assistant"]
    stored = await home.rows("select status, turn, version from handrail.cases where case_id = %(c)s", c=case_id)
    assert stored == [(case.status, case.turn, case.version)]


async def test_an_approved_effect_is_not_done_again_when_its_turn_is_run_again(home: House) -> None:
    line, seen = queue(), Seen()
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case = await held(before)
        await home.model.script(case.approvals[0].request.arguments["order_id"], {"latency_seconds": 60})
        asked = len(await home.model.requests(case.case_id))
        await approve(before, case)
        await wait_for(lambda: more(home, case.case_id, asked))
        assert await refunds(home, case.case_id) == 1
    async with deployed(home, edited(after_approval, seen), task_queue=line) as after:
        case = await after.until(case.case_id, lambda view: view.status in ENDED)
    assert seen.cases == [case.case_id]
    assert [one.status for one in case.effects] == ["applied"]
    assert await refunds(home, case.case_id) == 1
    ledger = await home.rows(
        "select outcome, approved_by from handrail.actions where case_id = %(c)s and kind = 'effect'", c=case.case_id
    )
    assert ledger == [("applied", "ann")]


async def more(home: House, case_id: str, than: int) -> bool:
    return len(await home.model.requests(case_id)) > than


async def interrupted(home: House, line: str) -> str:
    """A case whose agent has had a refund made when its worker goes away: the model is being asked a second time."""
    order = await home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    call = {"tool": "refund_order", "arguments": {"order_id": order.order_id, "amount": "12.50", "reason": "damaged"}}
    await home.model.script(order.order_id, {"calls": [call]})
    await home.model.script(order.order_id, {"latency_seconds": 60})
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case_id = (await before.open(order.customer_id, text, wait=False)).case_id
        await wait_for(lambda: more(home, case_id, 1))
    assert await refunds(home, case_id) == 1
    return case_id


async def test_a_turn_goes_on_behind_what_the_model_answered(home: House) -> None:
    line, seen = queue(), Seen()
    case_id = await interrupted(home, line)
    async with deployed(home, edited(before_agent, seen), task_queue=line) as after:
        case = await after.until(case_id, lambda view: view.status in ENDED)
    assert [(one.action, one.status) for one in case.effects] == [("refund_order", "applied")]
    assert await refunds(home, case_id) == 1
    assert len(await home.model.requests(case_id)) == 3, "the second answer never came; the first is not asked for again"
    assert seen.cases == [], "the edit stands before what was answered already"


def agent_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "agent", "assistant")
    return graph


async def test_where_the_answered_node_is_gone_a_person_gets_the_case(home: House) -> None:
    line = queue()
    case_id = await interrupted(home, line)
    async with deployed(home, edited(agent_renamed), task_queue=line) as after:
        case = await after.until(case_id, lambda view: view.status == "WithHuman")
        handoff = await after.cases.handoff(case_id)
    assert case.reason == "graph_changed"
    assert handoff is not None
    assert [(one.action, one.status) for one in handoff.effects] == [("refund_order", "applied")]
    assert await refunds(home, case_id) == 1
