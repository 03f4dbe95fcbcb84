"""Graphs are edited and deployed while cases are open: whatever was changed, no case is stuck, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from langgraph.types import interrupt
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.state import HandBackNote, identity
from graphs.views import ClassifyView
from handrail.domain.actions.approvals import Decision, DecisionInput, DecisionKind, HumanRequest, RequestKind
from handrail.domain.case.cases import CaseOpen, CaseView
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import ApprovalRefused
from handrail.postgres.case.standings import PostgresStandings
from handrail.temporal.executions import executions
from handrail.temporal.heal import STUCK, Healer
from handrail.temporal.reconcile import Reconciler
from tests.support.deployed import Build, deployed, queue
from tests.support.house import House, first_task, quiet, wait_for

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
ENDED = ("Resolved", "AwaitingCustomer")
AT_ONCE: dict[str, Any] = {"graceful_shutdown_timeout": timedelta(0)}


Edit = Callable[[CaseNodes, "Seen"], CaseGraph]


class Seen:
    """A step that an engineer puts in; notes which cases came by."""

    def __init__(self) -> None:
        self.cases: list[str] = []

    async def step(self, state: ClassifyView) -> dict[str, Any]:
        """Runs as an activity."""
        self.cases.append(ClassifyView.model_validate(state).row.case_id)
        return {"feedback": []}

    def into(self, graph: CaseGraph, following: str) -> None:
        """As the node `step`, ahead of `following`."""
        graph.add_node("step", self.step, input_schema=ClassifyView)
        graph.add_edge("step", following)


def rewire(graph: CaseGraph, source: str, **instead: str) -> None:
    """Other ways out of `source`: `instead` names where a way leads now."""
    for name, branch in graph.branches[source].items():
        ends = {way: instead.get(end, end) for way, end in (branch.ends or {}).items()}
        graph.branches[source][name] = branch._replace(ends=ends)
    graph.edges = {(start, instead.get(end, end) if start == source else end) for start, end in graph.edges}


def rename(graph: CaseGraph, node: str, name: str) -> None:
    """The node under another name, reached and left as before."""
    for source in list(graph.branches):
        rewire(graph, source, **{node: name})
    graph.edges = {(name if start == node else start, name if end == node else end) for start, end in graph.edges}
    graph.nodes[name] = graph.nodes.pop(node)
    if node in graph.branches:
        graph.branches[name] = graph.branches.pop(node)


def edited(edit: Edit, seen: Seen | None = None) -> Build:
    """What is deployed."""
    return lambda nodes: edit(nodes, seen or Seen())


def unchanged(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    return build_case_graph(nodes)


def before_approval(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """guardrail ─► step ─► approval"""
    graph = build_case_graph(nodes)
    rewire(graph, "guardrail", approval="step")
    seen.into(graph, "approval")
    return graph


def after_approval(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """approval ─► step ─► guardrail ─► act"""
    graph = build_case_graph(nodes)
    rewire(graph, "approval", guardrail="step")
    seen.into(graph, "guardrail")
    return graph


def before_agent(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """classify ─► step ─► agent"""
    graph = build_case_graph(nodes)
    rewire(graph, "classify", agent="step")
    seen.into(graph, "agent")
    return graph


def approval_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "approval", "manager")
    return graph


def guardrail_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "guardrail", "rules")
    return graph


def approval_removed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """What a person would have approved goes to people as a whole."""
    graph = build_case_graph(nodes)
    for source in list(graph.branches):
        rewire(graph, source, approval="escalate")
    graph.branches.pop("approval", None)
    graph.nodes.pop("approval")
    graph.edges = {edge for edge in graph.edges if "approval" not in edge}
    return graph


def with_question(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """classify ─► expert (a person is asked) ─► agent"""

    async def expert(state: ClassifyView) -> dict[str, Any]:
        view = ClassifyView.model_validate(state)
        request = HumanRequest(
            request_id=identity(view.row.case_id, view.row.turn, "expert"),
            kind=RequestKind.QUESTION,
            action="ask_expert",
            title="Is there anything that the customer should know?",
            headline="question",
        )
        decision = Decision.model_validate(interrupt(request.model_dump(mode="json")))
        return {"person": HandBackNote(name=decision.reviewer, note=decision.answer or "")}

    graph = build_case_graph(nodes)
    rewire(graph, "classify", agent="expert")
    graph.add_node("expert", expert, input_schema=ClassifyView)
    graph.add_edge("expert", "agent")
    return graph


async def held(home: House) -> CaseView:
    """A refund that waits for approval, and nothing is being done."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    return case


async def approve(home: House, case: CaseView) -> None:
    seen = case.approvals[0]
    decision = DecisionInput(
        decision=DecisionKind.APPROVE, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann"
    )
    await home.cases.decide(case.case_id, decision)


async def refunds(home: House, case_id: str) -> int:
    """How many refunds the shop holds for the case."""
    found = await home.rows(
        "select 1 from shop.refunds r join handrail.actions a using (effect_id) where a.case_id = %(c)s", c=case_id
    )
    return len(found)


@pytest.mark.parametrize(
    ("edit", "comes_by"),
    [
        (unchanged, False),
        (before_approval, True),
        (after_approval, True),
        (approval_renamed, False),
        (guardrail_renamed, False),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_parked_approval_resumes_under_an_edited_graph(home: House, edit: Edit, comes_by: bool) -> None:
    line, seen = queue(), Seen()
    async with deployed(home, task_queue=line) as before:
        case = await held(before)
    async with deployed(home, edited(edit, seen), task_queue=line) as after:
        await approve(after, case)
        case = await after.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in case.effects] == ["applied"]
    assert await refunds(home, case.case_id) == 1
    assert seen.cases == [case.case_id] * comes_by


async def test_a_case_parked_under_the_edited_graph_resumes_when_the_edit_is_taken_back(home: House) -> None:
    line = queue()
    async with deployed(home, edited(approval_renamed), task_queue=line) as before:
        case = await held(before)
    async with deployed(home, task_queue=line) as after:
        await approve(after, case)
        case = await after.until(case.case_id, lambda view: view.status in ENDED)
    assert await refunds(home, case.case_id) == 1


async def test_where_the_approval_is_gone_a_person_gets_the_case_with_its_packet_and_nothing_is_done(home: House) -> None:
    line = queue()
    async with deployed(home, task_queue=line) as before:
        case = await held(before)
    async with deployed(home, edited(approval_removed), task_queue=line) as after:
        await approve(after, case)
        case = await after.until(case.case_id, lambda view: view.status == "WithHuman")
        handoff = await after.cases.handoff(case.case_id)
    assert case.reason == "graph_changed"
    assert case.approvals[0].status == "approved"
    assert (case.effects, await refunds(home, case.case_id)) == ([], 0)
    assert handoff is not None
    assert "approval" in handoff.escalation.words
    assert handoff.facts


def before_answer(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """classify ─► step ─► answer ─► rules (the guardrail under another name)"""
    graph = guardrail_renamed(nodes, seen)
    rewire(graph, "classify", answer="step")
    seen.into(graph, "answer")
    return graph


def answer_removed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """Nobody reads an answer any more: people get what the customer writes."""
    graph = build_case_graph(nodes)
    rewire(graph, "classify", answer="escalate")
    graph.branches.pop("answer", None)
    graph.nodes.pop("answer")
    return graph


async def test_a_question_to_the_customer_outlives_an_edited_graph_and_where_nobody_reads_it_nothing_is_done(
    home: House,
) -> None:
    line, seen, waiting = queue(), Seen(), []
    async with deployed(home, task_queue=line) as before:
        for _ in range(2):
            order = await home.order(status="paid", total_under=90)
            waiting.append(await before.open(order.customer_id, f"Please cancel order {order.order_id}."))
    assert all(case.confirmation for case in waiting)
    first, second = (case.case_id for case in waiting)
    async with deployed(home, edited(before_answer, seen), task_queue=line) as after:
        await after.cases.say(first, "yes")
        case = await after.until(first, lambda view: view.turn == 2 and view.status in ENDED)
        assert ([one.action for one in case.effects], case.confirmation, seen.cases) == (["cancel_order"], None, [first])
    assert await refunds(home, first) == 1
    async with deployed(home, edited(answer_removed), task_queue=line) as after:
        await after.cases.say(second, "yes")
        case = await after.until(second, lambda view: view.status == "WithHuman")
    assert (case.effects, case.confirmation, await refunds(home, second)) == ([], None, 0)


async def test_a_question_to_a_person_is_added_by_editing_the_graph_alone(home: House) -> None:
    order = await home.order(status="shipped")
    async with deployed(home, edited(with_question)) as asking:
        case = await asking.open(order.customer_id, f"Where is my order {order.order_id}?")
        assert (case.status, case.usage.calls) == ("AwaitingApproval", 0)
        question = case.approvals[0]
        assert (question.request.kind, question.update_names) == ("question", [])
        with pytest.raises(ApprovalRefused, match="this is a question"):
            await approve(asking, case)
        words = f"The carrier of {order.order_id} is on strike until Friday."
        answer = DecisionInput(decision=DecisionKind.ANSWER, approval_id=question.approval_id, answer=words, reviewer="eve")
        await asking.cases.decide(case.case_id, answer)
        case = await asking.until(case.case_id, lambda view: view.status in ENDED)
    assert case.approvals[0].status == "answered"
    assert await home.model.requests(words)


async def test_a_question_that_the_graph_no_longer_asks_reaches_a_person(home: House) -> None:
    line, order = queue(), await home.order(status="shipped")
    async with deployed(home, edited(with_question), task_queue=line) as asking:
        case = await asking.open(order.customer_id, f"Where is my order {order.order_id}?")
        await wait_for(lambda: quiet(home.temporal, case.case_id))
    async with deployed(home, task_queue=line) as after:
        answer = DecisionInput(decision=DecisionKind.ANSWER, answer="It is late.", reviewer="eve")
        await after.cases.decide(case.case_id, answer)
        case = await after.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "graph_changed"


async def test_a_click_that_comes_ahead_of_a_runs_first_step_counts(home: House, short_runs: None) -> None:
    """As where the worker died right after the case had gone on in a fresh run: its first task has the click in it."""
    line = queue()
    async with deployed(home, task_queue=line) as before:
        case = await held(before)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await handle.signal(case.approvals[0].update_names[0])
    history = await handle.fetch_history()
    await home.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=home.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=(await handle.describe()).run_id),
            workflow_task_finish_event_id=first_task(history.events),
            request_id=f"test-{case.case_id}",
        )
    )
    async with deployed(home, task_queue=line) as after:
        case = await after.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in case.approvals] == ["approved"]
    assert await refunds(home, case.case_id) == 1


# In the middle of a turn


async def thinking(home: House, order_id: str, text: str, customer_id: str) -> str:
    """A case whose model call is in progress when this returns."""
    await home.model.script(order_id, {"latency_seconds": 60})
    case = await home.open(customer_id, text, wait=False)
    await wait_for(lambda: home.model.requests(case.case_id))
    return case.case_id


async def transcript(home: House, case_id: str) -> list[tuple[str, str]]:
    """Author and text, as PostgreSQL has them."""
    return [(one.author.value, one.text) for one in await home.world.cases.transcript(case_id)]


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


# A run that the deployed code does not fit


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
