"""A question to the customer dies with what it was asked in; after that no yes to it lets anything out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.case.cases import CaseView
from handrail.postgres.case.audit import PostgresAudit
from tests.support.deployed import deployed
from tests.support.house import House, wait_for


async def asked(home: House) -> CaseView:
    """A case that waits for its customer's yes to a cancellation."""
    order = await home.order(status="paid", total_under=90)
    case = await home.open(order.customer_id, f"Please cancel order {order.order_id}.")
    assert case.confirmation is not None, case
    return case


async def steps(home: House, case_id: str) -> list[str]:
    """The audit of the questions, in the order of their coming."""
    query = "select action from handrail.audit join handrail.audit_chain using (case_id, entry_id)"
    found = await home.rows(query + " where case_id = %(c)s and action like 'confirm:%%' order by case_sequence", c=case_id)
    return [row[0].removeprefix("confirm:") for row in found]


async def in_record(home: House, case_id: str, expected: list[str]) -> bool:
    """Return whether the audit holds these steps; what closes a case is recorded after it is seen."""
    return await steps(home, case_id) == expected


async def stopping(home: House, case_id: str) -> bool:
    """Return whether the case has asked its turn to stop."""
    history = await home.temporal.get_workflow_handle(f"case-{case_id}").fetch_history()
    return any(event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED for event in history.events)


async def markers(home: House, case_id: str) -> int:
    """Count the steps that the case ran beside its turns."""
    history = await home.temporal.get_workflow_handle(f"case-{case_id}").fetch_history()
    return sum(event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED for event in history.events)


async def heard_since(home: House, case_id: str, before: int) -> bool:
    """Return whether what came in was read."""
    return await markers(home, case_id) > before


async def test_a_person_who_takes_over_voids_the_question_and_after_the_hand_back_it_is_asked_anew(home: House) -> None:
    case = await asked(home)
    first = case.confirmation
    await home.cases.request_human(case.case_id)
    taken = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert taken.confirmation is None
    await home.cases.say(case.case_id, "yes")
    await home.cases.hand_back(case.case_id, "bea", "Please go on.")
    again = await home.until(case.case_id, lambda view: view.status == "AwaitingCustomer")
    assert again.confirmation is not None
    assert first is not None
    assert again.confirmation.question_id != first.question_id
    assert again.effects == []
    await home.cases.say(case.case_id, "yes")
    done = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert [one.action for one in done.effects] == ["cancel_order"]
    assert await steps(home, case.case_id) == ["asked", "withdrawn", "asked", "confirmed"]
    assert read(done.asked) == [["withdrawn"], ["confirmed"]]
    assert done.asked == (await home.world.cases.show(case.case_id)).asked
    counts = {one.action: one for one in await PostgresAudit(home.pool).counts("confirm")}
    assert counts["confirm:asked"].entries >= 2
    assert counts["confirm:asked"].entries > counts["confirm:asked"].cases
    assert all(name.startswith("confirm:") for name in counts)
    assert await PostgresAudit(home.pool).counts("confirm", datetime(2999, 1, 1, tzinfo=UTC)) == []


async def test_a_yes_to_an_older_question_lets_nothing_out_when_the_case_is_opened_again(home: House) -> None:
    case = await asked(home)
    await home.cases.say(case.case_id, "no")
    await home.until(case.case_id, lambda view: view.status == "Resolved")
    await home.cases.say(case.case_id, "yes")
    again = await home.until(case.case_id, lambda view: view.turn == 3 and view.status != "Working")
    assert again.effects == []
    assert await steps(home, case.case_id) == ["asked", "refused", "asked"][: 2 + (again.confirmation is not None)]


async def test_closing_a_case_withdraws_its_question(home: House) -> None:
    case = await asked(home)
    await home.cases.close(case.case_id)
    closed = await home.until(case.case_id, lambda view: view.status == "Closed")
    assert (closed.confirmation, closed.effects, read(closed.asked)) == (None, [], [["withdrawn"]])
    await wait_for(lambda: in_record(home, case.case_id, ["asked", "withdrawn"]))


class Held:
    """A port whose `act` waits where it is told to; everything else is the port's own."""

    def __init__(self, port: Any, act: str, stops: Callable[[Any], bool]) -> None:
        self._port, self._act, self._stops = port, act, stops
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return self._waiting if name == self._act else getattr(self._port, name)

    async def _waiting(self, given: Any) -> Any:
        if self._stops(given):
            self.reached.set()
            await self.go.wait()
        return await getattr(self._port, self._act)(given)


WITHDREW = ("customer_unsure", [("cancel_order", "refused", "taken_back")])
"""What comes of a case whose yes was taken back in time."""


def came(case: CaseView) -> tuple[str | None, list[tuple[str, str, str | None]]]:
    """The reason why people have the case, and its effects."""
    return case.reason, [(one.action, one.status, one.code) for one in case.effects]


def read(asked: Sequence[AskedEffect]) -> list[list[str]]:
    """How the answers to each effect were read."""
    return [[answer.kind for answer in one.answers] for one in asked]


async def test_a_yes_that_is_taken_back_stops_what_has_not_begun_and_a_person_gets_the_case(home: House) -> None:
    """One case is held where its yes is noted, the other right before its effect's transaction."""
    cases = Held(home.world.cases, "commit", lambda one: any(entry.action == "confirm:confirmed" for entry in one.audit))
    async with deployed(replace(home, world=replace(home.world, cases=cases))) as slow:
        early = await asked(slow)
        await slow.cases.say(early.case_id, "yes")
        await cases.reached.wait()
        await slow.cases.say(early.case_id, "No, wait!")
        early = await slow.until(early.case_id, lambda view: view.status == "WithHuman")
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        late = await asked(slow)
        await slow.cases.say(late.case_id, "yes")
        await record.reached.wait()
        await slow.cases.say(late.case_id, "No, wait!")
        await wait_for(lambda: stopping(slow, late.case_id))
        record.go.set()
        late = await slow.until(late.case_id, lambda view: view.status == "WithHuman")
    assert [came(case) for case in (early, late)] == [WITHDREW, WITHDREW]
    assert await steps(home, late.case_id) == ["asked", "confirmed", "taken_back"]
    packet = await home.world.cases.handoff(late.case_id)
    assert packet is not None
    assert read(packet.asked) == [["confirmed", "taken_back"]] == read(late.asked)
    assert packet.asked[0].answers[0].words == "yes"
    assert read((await home.world.cases.show(late.case_id)).asked) == [["confirmed", "taken_back"]]


async def test_an_effect_whose_transaction_has_begun_is_done_and_the_packet_says_so(home: House) -> None:
    case = await asked(home)
    assert case.confirmation is not None
    order_id = case.confirmation.asked[0].proposal.arguments["order_id"]
    async with home.pool.connection() as rival, rival.transaction():
        await rival.execute("select 1 from shop.orders where order_id = %s for update", [order_id])
        await home.cases.say(case.case_id, "yes")
        await wait_for(lambda: blocked(home, "%shop.%"))
        await home.cases.say(case.case_id, "Stop, I changed my mind.")
        await wait_for(lambda: blocked(home, "SELECT handrail.take_back%"))
    done = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(done) == ("customer_unsure", [("cancel_order", "applied", None)])
    assert read(done.asked) == [["confirmed", "taken_back"]]
    query = "select details -> 'stopped', details -> 'done' from handrail.audit where case_id = %(c)s and action = %(a)s"
    effect = done.effects[0].effect_id
    assert await home.rows(query, c=case.case_id, a="confirm:taken_back") == [([], [effect])]


async def blocked(home: House, query: str) -> bool:
    """Return whether a session waits for a lock in such a statement."""
    words = (
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database() and query like %(q)s"
    )
    return bool(await home.rows(words, q=query))


async def test_a_no_while_a_person_is_asked_withdraws_their_question(home: House) -> None:
    order = await home.order(status="paid", total_over=120, total_under=400)
    case = await home.open(order.customer_id, f"Please cancel order {order.order_id}.")
    await home.cases.say(case.case_id, "yes please")
    held = await home.until(case.case_id, lambda view: view.status == "AwaitingApproval")
    (request,) = [one.request for one in held.approvals if one.status == "open"]
    assert read(request.asked) == [["confirmed"]]
    assert order.order_id in request.asked[0].line
    assert request.asked == held.asked
    page = await home.page(case.case_id)
    assert "What the customer was asked" in page
    assert "said yes" in page
    await home.cases.say(case.case_id, "Oh no, please do not cancel it after all")
    gone = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == WITHDREW
    assert [one.status for one in gone.approvals] == ["withdrawn"]
    assert read(gone.asked) == [["confirmed", "taken_back"]]


async def test_a_no_after_a_persons_approval_stops_the_effect_too(home: House) -> None:
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        order = await slow.order(status="paid", total_over=120, total_under=400)
        case = await slow.open(order.customer_id, f"Please cancel order {order.order_id}.")
        await slow.cases.say(case.case_id, "yes please")
        held = await slow.until(case.case_id, lambda view: view.status == "AwaitingApproval")
        (waiting,) = [one for one in held.approvals if one.status == "open"]
        approve = DecisionInput(
            decision=DecisionKind.APPROVE, approval_id=waiting.approval_id, revision=waiting.revision, reviewer="bea"
        )
        await slow.cases.decide(case.case_id, approve)
        await record.reached.wait()
        await slow.cases.say(case.case_id, "No, wait!")
        await wait_for(lambda: stopping(slow, case.case_id))
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == WITHDREW


async def test_thanks_and_questions_behind_a_yes_stop_nothing(home: House) -> None:
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        case = await asked(slow)
        await slow.cases.say(case.case_id, "yes")
        await record.reached.wait()
        await slow.cases.say(case.case_id, "Great, thank you for the quick help")
        record.go.set()
        done = await slow.until(case.case_id, lambda view: view.turn == 3 and view.status != "Working")
    assert [(one.action, one.status) for one in done.effects] == [("cancel_order", "applied")]
    assert read(done.asked) == [["confirmed"]]


async def test_a_correction_stops_what_has_not_begun_and_a_person_gets_the_case(home: House) -> None:
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        case = await asked(slow)
        await slow.cases.say(case.case_id, "yes")
        await record.reached.wait()
        await slow.cases.say(case.case_id, "Sorry, I meant O-10999")
        await wait_for(lambda: stopping(slow, case.case_id))
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == WITHDREW
    assert gone.effects[0].message == "The customer wanted it otherwise before this was done."
    assert await steps(home, case.case_id) == ["asked", "confirmed", "corrected"]
    packet = await home.world.cases.handoff(case.case_id)
    assert packet is not None
    assert read(packet.asked) == [["confirmed", "corrected"]] == read(gone.asked)


async def test_a_correction_while_a_person_is_asked_withdraws_their_question(home: House) -> None:
    order = await home.order(status="paid", total_over=120, total_under=400)
    case = await home.open(order.customer_id, f"Please cancel order {order.order_id}.")
    await home.cases.say(case.case_id, "yes please")
    await home.until(case.case_id, lambda view: view.status == "AwaitingApproval")
    await home.cases.say(case.case_id, "Actually only the lamp, and to my other card instead")
    gone = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == WITHDREW
    assert [one.status for one in gone.approvals] == ["withdrawn"]
    assert read(gone.asked) == [["confirmed", "corrected"]]


async def test_a_correction_of_what_is_done_is_a_new_request(home: House) -> None:
    """The turn is held where its result is noted: behind the effect, before anybody heard of its end."""
    told = Held(home.world.cases, "commit", lambda one: any(entry.action == "turn:Resolved" for entry in one.audit))
    async with deployed(replace(home, world=replace(home.world, cases=told))) as slow:
        case = await asked(slow)
        await slow.cases.say(case.case_id, "yes")
        await told.reached.wait()
        before = await markers(slow, case.case_id)
        await slow.cases.say(case.case_id, "Sorry, I meant O-10999")
        await wait_for(lambda: heard_since(slow, case.case_id, before))
        told.go.set()
        done = await slow.until(case.case_id, lambda view: view.turn == 3 and view.status != "Working")
    assert [(one.action, one.status) for one in done.effects] == [("cancel_order", "applied")]
    assert done.reason != "customer_unsure"
    assert read(done.asked)[0] == ["confirmed"]
    assert "corrected" not in await steps(home, case.case_id)
