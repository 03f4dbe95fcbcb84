"""The kill switch while cases are open, on the real server: the model is thinking, a decision waits, people go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
from temporalio.client import Client

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.autonomy.controls import ControlRequest, Hand, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import ApprovalRefused, InvalidInput
from handrail.drills.kill_switch.drill import ACTOR, Drill, letters
from handrail.drills.kill_switch.readings import PostgresReadings
from handrail.postgres.autonomy.controls import PostgresControls
from tests.support.house import DEADLINE_SECONDS, House, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import HELD, held_refund

THINKING = 3 * DEADLINE_SECONDS
"""Seconds that a model thinks: the test gives up long before."""
ASSISTANT = "select count(*) from handrail.messages where case_id = %(c)s and author = 'assistant'"


@pytest.fixture
async def controls(home: House) -> AsyncIterator[PostgresControls]:
    held = PostgresControls(home.pool, home.world.business)
    yield held
    scopes = [one.scope for one in await held.in_force()]
    await held.clear(scopes, "the test is over", "test")


def wanted(level: Autonomy = Autonomy.OFF, scope: str = "global") -> ControlRequest:
    return ControlRequest(scope=Scope.parse(scope), level=level, reason="a test", actor="ann")


async def test_an_answer_that_the_model_was_thinking_about_never_leaves(home: House, controls: PostgresControls) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": THINKING})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(case.case_id))
    await controls.put(wanted())
    case = await home.settled(case.case_id)
    assert (case.status, case.reason) == ("WithHuman", "switched_off")
    packet = await home.cases.handoff(case.case_id)
    assert packet
    assert "Control global is at 'off' by ann" in packet.escalation.words
    assert packet.facts, "what was looked up is handed on"
    assert packet.suggested_reply is None
    await home.cases.claim(case.case_id, "ann")
    await home.cases.reply(case.case_id, "ann", "It arrives tomorrow.")
    await home.cases.resolve(case.case_id, "ann")
    case = await home.until(case.case_id, lambda view: view.status in ("Resolved", "Closed"))
    assert await home.rows(ASSISTANT, c=case.case_id) == [(0,)]
    asked = len(await home.model.requests(order.order_id))
    other = await home.open(order.customer_id, f"Where is my order {order.order_id} now?")
    assert (other.status, other.reason) == ("WithHuman", "switched_off")
    assert len(await home.model.requests(order.order_id)) == asked, "no model is asked"


@pytest.fixture(scope="module")
async def patient(temporal_client: Client, shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """A house that gives its model longer than any test waits: whoever waits for an answer of `THINKING` fails."""
    async with house(temporal_client, shop_url, scripted_model.root, model_timeout_seconds=2 * THINKING) as everything:
        yield everything


@pytest.mark.parametrize("scope", ["global", "topic:order_status"])
async def test_a_thinking_model_is_cut_off_at_once(
    home: House, patient: House, controls: PostgresControls, scope: str
) -> None:
    order, other = await home.order(status="shipped"), await home.order(**HELD)
    for one in (order, other):
        await home.model.script(one.order_id, {"latency_seconds": THINKING})
    case = await patient.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    refund = await patient.open(other.customer_id, f"Please refund my order {other.order_id}.", wait=False)
    for case_id in (case.case_id, refund.case_id):
        await wait_for(partial(home.model.requests, case_id))
    await controls.put(wanted(Autonomy.REVIEW, "topic:order_status"))
    await controls.put(wanted(scope=scope))
    case = await patient.settled(case.case_id)
    assert (case.status, case.reason) == ("WithHuman", "switched_off")
    packet = await patient.cases.handoff(case.case_id)
    assert packet
    assert f"Control {scope} is at 'off' by ann" in packet.escalation.words
    refund = await (patient.settled if scope == "global" else patient.cases.status)(refund.case_id)
    assert refund.status == ("WithHuman" if scope == "global" else "Working"), "only what is switched off is cut"
    await controls.put(wanted())
    assert (await patient.settled(refund.case_id)).reason == "switched_off"


async def test_no_approval_is_taken_while_it_is_off_but_a_no_is(home: House, controls: PostgresControls) -> None:
    case, _ = await held_refund(home)
    open_one = case.approvals[0]
    await controls.put(wanted(scope="tool:refund_order"))
    seen = {"approval_id": open_one.approval_id, "reviewer": "ann"}
    with pytest.raises(ApprovalRefused, match="tool:refund_order is at 'off' by ann"):
        await home.cases.decide(case.case_id, DecisionInput(decision=DecisionKind.APPROVE, revision=open_one.revision, **seen))
    case = await home.cases.status(case.case_id)
    assert case.status == "AwaitingApproval"
    still = case.approvals[0]
    await controls.clear(["tool:refund_order"], "over", "ann")
    await home.cases.decide(case.case_id, DecisionInput(decision=DecisionKind.APPROVE, revision=still.revision, **seen))
    case = await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert [one.status for one in case.effects] == ["applied"]

    case, _ = await held_refund(home)
    await controls.put(wanted())
    one = case.approvals[0]
    no = DecisionInput(decision=DecisionKind.REJECT, approval_id=one.approval_id, revision=one.revision, reviewer="ann")
    await home.cases.decide(case.case_id, no)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, case.effects) == ("switched_off", [])


async def test_another_model_is_under_review_once_several_customers_met_it(home: House, controls: PostgresControls) -> None:
    """One odd answer, as of a proxy's fallback, is no change of the model; that of the third customer is."""
    cases = []
    for name in (None, *["somebody-else-9"] * 4):
        order = await home.order(status="shipped")
        if name:
            await home.model.script(order.order_id, {"model": name})
        cases.append(await home.open(order.customer_id, f"Where is my order {order.order_id}?"))
    assert [case.status for case in (cases[1], cases[-1])] == ["Resolved", "AwaitingApproval"]
    (request,) = [one.request for one in cases[-1].approvals]
    assert request.action == "send_reply"
    assert "the model answers as 'somebody-else-9'" in " ".join(request.reasons)
    assert [(one.level, one.actor, one.hand) for one in await controls.in_force()] == [
        (Autonomy.REVIEW, "handrail", Hand.HANDRAIL)
    ]


async def test_the_drill_sees_nothing_after_the_switch_and_leaves_what_others_have_set(
    home: House, controls: PostgresControls
) -> None:
    readings = PostgresReadings(home.pool)
    told: list[str] = []
    drill = Drill(home.cases, controls, readings, DEADLINE_SECONDS, told.append)
    await controls.put(wanted(Autonomy.REVIEW, "topic:password_reset"))
    found = await drill.run(await letters(home.pool, home.world.business, 12))
    assert found.passed, found
    assert (found.after_switch, found.cases, found.people_work_ok) == (0, 12, True)
    assert found.effects + found.replies >= 2
    assert found.reasons.get("switched_off", 0) >= 1
    assert [one.scope for one in await controls.in_force()] == ["topic:password_reset"]
    newest = (await controls.history(1))[0]
    assert (newest.hand, newest.level, newest.actor) == (Hand.DRILL, Autonomy.AUTO, ACTOR)
    await controls.put(wanted(Autonomy.REVIEW))
    with pytest.raises(InvalidInput, match="lift it first"):
        await drill.run([])
