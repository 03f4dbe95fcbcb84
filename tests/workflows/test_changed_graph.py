"""Graphs are edited and deployed while cases are open: whatever was changed, no case is stuck, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from langgraph.types import interrupt
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.state import Person, identity
from graphs.views import ClassifyView
from handrail.domain.approvals import Decision, DecisionInput, DecisionKind, HumanRequest, RequestKind
from handrail.domain.cases import CaseView
from handrail.domain.errors import ApprovalRefused
from handrail.temporal.heal import Healed, Healer, Remedy, first_task, repeatable
from tests.house import House, wait_for
from tests.workflows.deployed import Build, deployed, queue

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
        return {"person": Person(name=decision.reviewer, note=decision.answer or "")}

    graph = build_case_graph(nodes)
    rewire(graph, "classify", agent="expert")
    graph.add_node("expert", expert, input_schema=ClassifyView)
    graph.add_edge("expert", "agent")
    return graph


async def held(home: House) -> CaseView:
    """A refund that waits for approval, parked."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return await parked(home, case)


async def parked(home: House, case: CaseView) -> CaseView:
    """The case once it is in the run that holds nothing but its wait."""
    await wait_for(lambda: holds_a_wait(home, case.case_id))
    return case


async def holds_a_wait(home: House, case_id: str) -> bool:
    history = await home.temporal.get_workflow_handle(f"case-{case_id}").fetch_history()
    kinds = [event.event_type for event in history.events]
    scheduled = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED in kinds
    return bool(history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id) and not scheduled


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
        case = await parked(asking, await asking.open(order.customer_id, f"Where is my order {order.order_id}?"))
    async with deployed(home, task_queue=line) as after:
        answer = DecisionInput(decision=DecisionKind.ANSWER, answer="It is late.", reviewer="eve")
        await after.cases.decide(case.case_id, answer)
        case = await after.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "graph_changed"


async def test_a_click_that_comes_ahead_of_the_parked_runs_first_step_counts(home: House) -> None:
    """As where the worker died right after the case had parked: the run's first task has the click in it already."""
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


async def healed(home: House) -> list[Healed]:
    """What the healer did as soon as it found something; the server reports a stuck run after some failed tasks."""
    healer = Healer(home.temporal, home.settings.task_queue)
    found: list[Healed] = await wait_for(healer.once, deadline=90)
    return found


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


async def test_an_edit_behind_a_turn_in_progress_begins_the_turn_again(home: House) -> None:
    line, seen, order = queue(), Seen(), await home.order(status="shipped")
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case_id = await thinking(before, order.order_id, f"Where is my order {order.order_id}?", order.customer_id)
    async with deployed(home, edited(before_agent, seen), task_queue=line) as after:
        handle = home.temporal.get_workflow_handle(f"case-{case_id}")
        await handle.signal("message", "And when does it arrive?")
        assert [one.remedy for one in await healed(after)] == [Remedy.BEGUN_AGAIN]
        case = await parked(after, await after.until(case_id, lambda view: view.status in ENDED))
        assert await Healer(after.temporal, line).once() == []
    assert (seen.cases, case.turn) == ([case_id], 1)
    said = await transcript(home, case_id)
    assert [who for who, _ in said] == ["customer", "customer", "assistant"]
    assert [words for who, words in said if who == "customer"][1] == "And when does it arrive?"
    stored = await home.rows("select status, turn, version from handrail.cases where case_id = %(c)s", c=case_id)
    assert stored == [(case.status, case.turn, case.version)]


async def test_an_approved_effect_is_not_done_again_when_its_turn_begins_again(home: House) -> None:
    line, seen = queue(), Seen()
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case = await held(before)
        await home.model.script(case.approvals[0].request.arguments["order_id"], {"latency_seconds": 60})
        asked = len(await home.model.requests(case.case_id))
        await approve(before, case)
        await wait_for(lambda: more(home, case.case_id, asked))
        assert await refunds(home, case.case_id) == 1
    async with deployed(home, edited(after_approval, seen), task_queue=line) as after:
        assert [one.remedy for one in await healed(after)] == [Remedy.BEGUN_AGAIN]
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


async def test_what_the_agent_did_by_itself_goes_to_a_person_when_its_turn_cannot_go_on(home: House) -> None:
    """Asked again, a model may want another refund under another id; a person sees the one that was made."""
    line, order = queue(), await home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    call = {"tool": "refund_order", "arguments": {"order_id": order.order_id, "amount": "12.50", "reason": "damaged"}}
    await home.model.script(order.order_id, {"calls": [call]})
    await home.model.script(order.order_id, {"latency_seconds": 60})
    async with deployed(home, task_queue=line, **AT_ONCE) as before:
        case_id = (await before.open(order.customer_id, text, wait=False)).case_id
        await wait_for(lambda: more(home, case_id, 1))
        assert await refunds(home, case_id) == 1
    async with deployed(home, edited(before_agent), task_queue=line) as after:
        assert [one.remedy for one in await healed(after)] == [Remedy.TO_A_PERSON]
        case = await after.until(case_id, lambda view: view.status == "WithHuman")
        handoff = await after.cases.handoff(case_id)
        stored = await home.world.cases.show(case_id)
    assert (case.reason, stored.status, stored.reason) == ("graph_changed", "WithHuman", "graph_changed")
    assert handoff is not None
    assert [(one.action, one.status) for one in handoff.effects] == [("refund_order", "applied")]
    assert await refunds(home, case_id) == 1


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        ([], True),
        (["record.commit", "case.agent"], True),
        (["people.permit", "record.commit", "case.act", "case.agent"], True),
        (["case.agent", "case.agent", "people.identify"], True),
        (["case.agent", "case.act"], False),
        (["case.agent", "case.resolve"], False),
        (["case.agent", "record.commit"], True),
        (["case.agent", "case.a_node_of_another_business"], False),
    ],
)
def test_only_what_cannot_have_left_the_house_is_repeated(names: list[str], safe: bool) -> None:
    assert repeatable(names) is safe
