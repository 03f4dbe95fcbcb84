"""Cases that wait while somebody edits the graph: they go on in the new one, or a person gets them."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.types import interrupt
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.state import HandBackNote, identity
from graphs.views import ClassifyView
from handrail.domain.actions.approvals import Decision, DecisionInput, DecisionKind, HumanRequest, RequestKind
from handrail.domain.errors import ApprovalRefused
from tests.support.deployed import deployed, queue
from tests.support.edited import (
    ENDED,
    Edit,
    Seen,
    after_approval,
    approval_removed,
    approval_renamed,
    approve,
    before_approval,
    edited,
    held,
    refunds,
    rename,
    rewire,
)
from tests.support.house import House, first_task, quiet, wait_for


def unchanged(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    return build_case_graph(nodes)


def guardrail_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "guardrail", "rules")
    return graph


def both_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "guardrail", "rules")
    rename(graph, "approval", "persons_word")
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


@pytest.mark.parametrize(
    ("edit", "comes_by"),
    [
        (unchanged, False),
        (before_approval, True),
        (after_approval, True),
        (approval_renamed, False),
        (guardrail_renamed, False),
        (both_renamed, False),
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
