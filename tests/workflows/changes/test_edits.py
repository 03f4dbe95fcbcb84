"""A customer edits or deletes what they wrote: what nobody has read is read as it is now, and nothing rests on what was."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import Message
from handrail.domain.errors import ApprovalRefused, IllegalTransition, UnknownMessage
from tests.support.deployed import deployed, queue
from tests.support.house import House, quiet, wait_for
from tests.workflows.test_confirmations import Held, asked, came, stopping

SLOW = {"latency_seconds": 6.0}


async def opened(home: House, customer_id: str, text: str) -> tuple[str, str]:
    """A case and the id of its first message; the turn is on its way."""
    case_id = f"t-{uuid4().hex[:12]}"
    await home.cases.open_case(case_id, customer_id, text, channel="rehearsal", message_id="first")
    return case_id, "first"


async def transcript(home: House, case_id: str) -> list[Message]:
    return await home.world.cases.transcript(case_id)


async def theirs(home: House, case_id: str) -> list[tuple[str, str, bool, bool]]:
    """The customer's messages as they are recorded: id, text, whether edited, whether withdrawn."""
    said = [one for one in await transcript(home, case_id) if one.author == "customer"]
    return [(one.message_id, one.text, one.edited_at is not None, one.withdrawn_at is not None) for one in said]


async def told(home: House, case_id: str) -> list[tuple[str, str | None]]:
    query = "select kind, body ->> 'message_id' from handrail.case_event where case_id = %(c)s and kind like 'message%%'"
    query += " order by sequence"
    return [(kind, message_id) for kind, message_id in await home.rows(query, c=case_id)]


async def asked_model(home: House, holding: str) -> int:
    return len(await home.model.requests(holding))


async def test_an_edit_while_the_model_is_asked_begins_the_turn_anew_and_the_old_words_are_gone(home: House) -> None:
    wrong, right = [await home.order(status=status) for status in ("shipped", "delivered")]
    await home.model.script(wrong.order_id, SLOW)
    case_id, first = await opened(home, right.customer_id, f"Where is my order {wrong.order_id}?")
    await wait_for(lambda: home.model.requests(wrong.order_id))
    receipt = await home.cases.edit_message(case_id, first, f"Where is my order {right.order_id}?")
    assert (receipt.message_id, receipt.duplicate) == (first, False)
    done = await home.settled(case_id)
    assert right.order_id in (done.reply or "")
    assert wrong.order_id not in (done.reply or "")
    newest = str((await home.model.requests(right.order_id))[-1])
    assert f"Where is my order {right.order_id}" in newest
    assert f"Where is my order {wrong.order_id}" not in newest
    assert await theirs(home, case_id) == [
        (first, f"Where is my order {wrong.order_id}?", True, False),
        (f"{first}~2", f"Where is my order {right.order_id}?", False, False),
    ]
    assert await told(home, case_id) == [("message", first), ("message", f"{first}~2"), ("message.edited", first)]


async def test_a_withdrawal_while_the_model_is_asked_stops_the_turn_and_nothing_is_said(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, SLOW)
    case_id, first = await opened(home, order.customer_id, f"Where is my order {order.order_id}?")
    await wait_for(lambda: home.model.requests(order.order_id))
    await home.cases.withdraw_message(case_id, first)
    done = await home.until(case_id, lambda view: view.status == "AwaitingCustomer")
    assert (done.reply, done.effects) == (None, [])
    assert await theirs(home, case_id) == [(first, f"Where is my order {order.order_id}?", False, True)]
    assert await told(home, case_id) == [("message", first), ("message.withdrawn", first)]
    await home.cases.say(case_id, f"Where is my order {order.order_id} please?", message_id="second")
    answered = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert order.order_id in (answered.reply or "")


async def test_what_waits_behind_a_turn_is_read_in_its_edited_form_only(home: House) -> None:
    order, other = [await home.order(status=status) for status in ("shipped", "delivered")]
    await home.model.script(order.order_id, SLOW)
    case_id, _ = await opened(home, order.customer_id, f"Where is my order {order.order_id}?")
    await wait_for(lambda: home.model.requests(order.order_id))
    await home.cases.say(case_id, f"And what is in order {other.order_id}, number 7654321?", message_id="second")
    await home.cases.say(case_id, "Never mind this one, number 1234567", message_id="third")
    await home.cases.edit_message(case_id, "second", f"And where is order {other.order_id}?")
    await home.cases.withdraw_message(case_id, "third")
    done = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert done.status in ("Resolved", "AwaitingCustomer", "WithHuman")
    for number in ("7654321", "1234567"):
        assert await asked_model(home, number) == 0
    marks = {name: (edited, withdrawn) for name, _, edited, withdrawn in await theirs(home, case_id)}
    assert marks == {
        "first": (False, False),
        "second": (True, False),
        "second~2": (False, False),
        "third": (False, True),
    }


async def test_an_edit_after_the_reply_is_a_new_message_that_corrects(home: House) -> None:
    wrong, right = [await home.order(status=status) for status in ("shipped", "delivered")]
    case_id, first = await opened(home, wrong.customer_id, f"Where is my order {wrong.order_id}?")
    await home.settled(case_id)
    await home.cases.edit_message(case_id, first, f"Where is my order {right.order_id}?")
    done = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert done.reason != "repeated_question"
    assert [one[0] for one in await theirs(home, case_id)] == [first, f"{first}~2"]
    assert [one.corrects for one in await transcript(home, case_id) if one.author == "customer"] == [None, first]


async def test_a_spelling_that_is_mended_after_the_reply_is_not_the_same_question_again(home: House) -> None:
    order = await home.order(status="shipped")
    case_id, first = await opened(home, order.customer_id, f"Wher is my order {order.order_id}?")
    await home.settled(case_id)
    await home.cases.edit_message(case_id, first, f"Where is my order {order.order_id}?")
    done = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert (done.status, done.reason) == ("Resolved", None)


async def test_what_arrives_twice_counts_once_and_the_later_edit_stands(home: House) -> None:
    order = await home.order(status="shipped")
    case_id, first = await opened(home, order.customer_id, "I would like to talk to a real person, please.")
    await home.until(case_id, lambda view: view.status == "WithHuman")
    late, early = datetime.now(UTC), datetime.now(UTC) - timedelta(minutes=1)
    newest = await home.cases.edit_message(case_id, first, "A person please, about my lamp.", edited_at=late)
    again = await home.cases.edit_message(case_id, first, "A person please, about my lamp.", edited_at=late)
    overtaken = await home.cases.edit_message(case_id, first, "A person please, about my lampp.", edited_at=early)
    assert [one.duplicate for one in (newest, again, overtaken)] == [False, True, True]
    third = await home.cases.edit_message(case_id, first, "A person please, about my lamps.")
    assert third.duplicate is False
    assert (await home.cases.withdraw_message(case_id, first)).duplicate is False
    assert (await home.cases.withdraw_message(case_id, first)).duplicate is True
    with pytest.raises(IllegalTransition, match="was withdrawn"):
        await home.cases.edit_message(case_id, first, "A person please, about my lamps again.")

    async def recorded() -> bool:
        return [(name, withdrawn) for name, _, _, withdrawn in await theirs(home, case_id)] == [
            (first, True),
            (f"{first}~2", True),
            (f"{first}~3", True),
        ]

    await wait_for(recorded)
    repeated = await home.cases.say(case_id, "I would like to talk to a real person, please.", message_id=first)
    assert repeated.duplicate is True


async def test_a_person_who_works_on_the_case_sees_it(home: House) -> None:
    order = await home.order(status="shipped")
    case_id, first = await opened(home, order.customer_id, "I would like to talk to a real person, please.")
    await home.until(case_id, lambda view: view.status == "WithHuman")
    await home.cases.edit_message(case_id, first, "A person please, about my lamp.")
    page = await wait_for(lambda: page_with(home, case_id, "after an edit"))
    assert "has edited their message" in page
    assert "edited at" in page
    await home.cases.withdraw_message(case_id, first)
    page = await wait_for(lambda: page_with(home, case_id, "withdrawn at"))
    assert "has withdrawn their message" in page

    async def out_of_the_packet() -> bool:
        packet = await home.world.cases.handoff(case_id)
        return packet is not None and not any("lamp" in one.text for one in packet.said)

    await wait_for(out_of_the_packet)


async def page_with(home: House, case_id: str, words: str) -> str | None:
    page = await home.page(case_id)
    return page if words in page else None


async def test_what_is_not_theirs_or_not_there_is_refused_with_clear_words(home: House) -> None:
    order = await home.order(status="shipped")
    case_id, _ = await opened(home, order.customer_id, "I would like to talk to a real person, please.")
    await home.until(case_id, lambda view: view.status == "WithHuman")
    await home.cases.reply(case_id, "bea", "Hello, this is Bea.", message_id="beas")
    await home.cases.say(case_id, "Hello Bea, where is it?", message_id="mine")
    with pytest.raises(UnknownMessage, match="has no message 'nothing'"):
        await home.cases.edit_message(case_id, "nothing", "Hello?")
    for act in (home.cases.edit_message(case_id, "beas", "Hello!"), home.cases.withdraw_message(case_id, "beas")):
        with pytest.raises(IllegalTransition, match="not the customer's"):
            await act
    await home.cases.close(case_id)
    await home.until(case_id, lambda view: view.status == "Closed")
    for act in (home.cases.edit_message(case_id, "mine", "Hello!"), home.cases.withdraw_message(case_id, "mine")):
        with pytest.raises(IllegalTransition, match="closed"):
            await act


async def test_an_edit_while_the_customer_is_asked_drops_the_question_and_no_edit_says_yes(home: House) -> None:
    order = await home.order(status="paid", total_under=90)
    case_id, first = await opened(home, order.customer_id, f"Please cancel order {order.order_id}.")
    question = (await home.until(case_id, lambda view: view.confirmation is not None)).confirmation
    await home.cases.edit_message(case_id, first, "Yes")
    view = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert view.effects == []
    assert question is not None
    assert [one.kind for one in view.asked[0].answers][:1] == ["unsure"]


async def test_a_withdrawal_while_the_customer_is_asked_withdraws_the_question(home: House) -> None:
    order = await home.order(status="paid", total_under=90)
    case_id, first = await opened(home, order.customer_id, f"Please cancel order {order.order_id}.")
    await home.until(case_id, lambda view: view.confirmation is not None)
    await home.cases.withdraw_message(case_id, first)
    view = await home.until(case_id, lambda view: view.confirmation is None and view.status != "Working")
    assert view.status == "AwaitingCustomer"
    assert [[one.kind for one in each.answers] for each in view.asked] == [["withdrawn"]]
    await home.cases.say(case_id, "yes")
    after = await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert after.effects == []


async def acted_on(slow: House) -> CaseView:
    """A case whose customer said yes, in the message `yes`; its turn acts on that."""
    case = await asked(slow)
    await slow.cases.say(case.case_id, "yes", message_id="yes")
    return case


async def changed(slow: House, case: CaseView, how: str, message_id: str) -> None:
    if how == "edit":
        await slow.cases.edit_message(case.case_id, message_id, "yes, but only the lamp")
    else:
        await slow.cases.withdraw_message(case.case_id, message_id)


@pytest.mark.parametrize(("how", "code"), [("edit", "wanted it otherwise"), ("withdraw", "took their yes back")])
async def test_a_yes_that_is_edited_or_withdrawn_is_no_yes(home: House, how: str, code: str) -> None:
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        case = await acted_on(slow)
        await record.reached.wait()
        await changed(slow, case, how, "yes")
        await wait_for(lambda: stopping(slow, case.case_id))
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == ("customer_unsure", [("cancel_order", "refused", "taken_back")])
    assert code in (gone.effects[0].message or "")


async def held(home: House) -> tuple[CaseView, str]:
    """A cancellation that the customer confirmed and that waits for a person, and the order's id."""
    order = await home.order(status="paid", total_over=120, total_under=400)
    case_id, _ = await opened(home, order.customer_id, f"Please cancel order {order.order_id}.")
    await home.until(case_id, lambda view: view.confirmation is not None)
    await home.cases.say(case_id, "yes please", message_id="yes")
    return await home.until(case_id, lambda view: view.status == "AwaitingApproval"), order.order_id


@pytest.mark.parametrize("how", ["edit", "withdraw"])
@pytest.mark.parametrize("message_id", ["first", "yes"])
async def test_a_change_while_a_person_is_asked_withdraws_what_they_are_asked(home: House, how: str, message_id: str) -> None:
    case, _ = await held(home)
    (waiting,) = [one for one in case.approvals if one.status == "open"]
    await changed(home, case, how, message_id)
    approve = DecisionInput(
        decision=DecisionKind.APPROVE, approval_id=waiting.approval_id, revision=waiting.revision, reviewer="bea"
    )
    with pytest.raises(ApprovalRefused):
        await home.cases.decide(case.case_id, approve)
    gone = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == ("customer_unsure", [("cancel_order", "refused", "taken_back")])
    assert [one.status for one in gone.approvals] == ["withdrawn"]


async def test_a_change_of_what_a_person_approved_stops_the_effect_too(home: House) -> None:
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record))) as slow:
        case, _ = await held(slow)
        (waiting,) = [one for one in case.approvals if one.status == "open"]
        approve = DecisionInput(
            decision=DecisionKind.APPROVE, approval_id=waiting.approval_id, revision=waiting.revision, reviewer="bea"
        )
        await slow.cases.decide(case.case_id, approve)
        await record.reached.wait()
        await slow.cases.withdraw_message(case.case_id, "first")
        await wait_for(lambda: stopping(slow, case.case_id))
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert came(gone) == ("customer_unsure", [("cancel_order", "refused", "taken_back")])


async def test_an_effect_that_is_made_by_then_is_told_to_a_person(home: House) -> None:
    """A small refund needs nobody's yes: it is made, and the words are changed before the turn has ended."""
    order = await home.order(
        status="delivered", refunded=False, delivered_within_days=25, refundable_over=30, refundable_under=90
    )
    told_end = Held(home.world.cases, "commit", lambda one: any(entry.action == "turn:Resolved" for entry in one.audit))
    async with deployed(replace(home, world=replace(home.world, cases=told_end))) as slow:
        text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
        case_id, first = await opened(slow, order.customer_id, text)
        await told_end.reached.wait()
        await slow.cases.edit_message(case_id, first, text.replace("12.50", "11.50"))
        await wait_for(lambda: stopping(slow, case_id))
        told_end.go.set()
        gone = await slow.until(case_id, lambda view: view.status == "WithHuman")
    assert gone.reason == "customer_unsure"
    assert [(one.action, one.status) for one in gone.effects] == [("refund_order", "applied")]


async def test_a_change_that_comes_while_no_worker_runs_is_taken_by_the_one_that_follows(home: House) -> None:
    """It waits with its sender; the new worker goes through the case's history, and nothing is approved meanwhile."""
    tasks = queue()
    async with deployed(home, task_queue=tasks) as before:
        case, _ = await held(before)
        await wait_for(lambda: quiet(before.temporal, case.case_id))
    sending = asyncio.create_task(before.cases.edit_message(case.case_id, "first", "Please cancel only the lamp."))
    async with deployed(home, task_queue=tasks) as after:
        assert (await sending).duplicate is False
        gone = await after.until(case.case_id, lambda view: view.status == "WithHuman")
    assert [one.status for one in gone.approvals] == ["withdrawn"]
    assert came(gone) == ("customer_unsure", [("cancel_order", "refused", "taken_back")])
