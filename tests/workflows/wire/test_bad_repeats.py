"""Ids that come twice: with the same content they count once, with other content they are refused."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.case.cases import CaseOpen
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import CaseConflict, IllegalTransition, InvalidInput
from tests.support.house import House, quiet, wait_for
from tests.support.odd import ENDED, answered_case, still_answers, with_person
from tests.support.raw import Wire, healthy, plain


async def test_a_message_id_counts_once_and_only_for_its_own_words(home: House, wire: Wire) -> None:
    case, order_id = await answered_case(home)
    question = f"And when will {order_id} arrive?"
    await home.cases.say(case.case_id, question, message_id="m-1")
    await home.until(case.case_id, lambda view: view.turn == 2 and view.status in ENDED)
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    assert (await home.cases.say(case.case_id, question, message_id="m-1")).duplicate
    assert await wire.update(case.case_id, "send_message", plain({"message_id": "m-1", "text": question})) is None
    with pytest.raises(CaseConflict, match="message_id: 'm-1' was sent before with other text"):
        await home.cases.say(case.case_id, "Something else", message_id="m-1")
    await wire.signal(case.case_id, "message", plain({"message_id": "m-1", "text": "Something else"}))
    assert "message_id: 'm-1'" in ((await home.cases.status(case.case_id)).notice or "")
    for bad in ("", " ", "a b", "ä", "x" * 121, "a\nb", "../../etc"):
        with pytest.raises(InvalidInput, match="message_id"):
            await home.cases.say(case.case_id, "hello there", message_id=bad or " ")
        words = await wire.update(case.case_id, "send_message", plain({"message_id": bad, "text": "hello"}))
        assert "message_id" in (words or "")
    assert (await home.cases.status(case.case_id)).turn == 2
    await still_answers(home, case, order_id)


async def test_a_message_id_twice_in_the_same_breath_with_other_words_is_a_conflict(home: House) -> None:
    case = await with_person(home)
    await home.cases.say(case.case_id, "It is about my bill.", message_id="m-1")
    with pytest.raises(CaseConflict, match="other text"):
        await home.cases.say(case.case_id, "Something else", message_id="m-1")
    await healthy(home, case.case_id)


async def test_a_persons_reply_is_never_swallowed_by_an_id_that_stands(home: House, wire: Wire) -> None:
    case = await with_person(home)
    first = {"reviewer": "bea", "text": "Hello, I am Bea.", "message_id": "r-1"}
    assert await wire.update(case.case_id, "reply", plain(first)) is None
    assert await wire.update(case.case_id, "reply", plain(first)) is None
    words = await wire.update(case.case_id, "reply", plain({**first, "text": "Something else"}))
    assert "message_id: 'r-1'" in (words or "")
    opening = (await home.cases.transcript(case.case_id))[0].message_id
    words = await wire.update(case.case_id, "reply", plain({**first, "message_id": opening}))
    assert f"message_id: '{opening}'" in (words or "")
    words = await wire.update(case.case_id, "reply", plain({**first, "message_id": "a b"}))
    assert "message_id" in (words or "")
    said = [one.text for one in await home.cases.transcript(case.case_id) if one.author == "person"]
    assert said == ["Hello, I am Bea."]
    await healthy(home, case.case_id)


async def test_a_case_id_with_other_content_is_a_conflict_from_every_side(home: House, wire: Wire) -> None:
    case, order_id = await answered_case(home)
    with pytest.raises(CaseConflict, match=r"case_id: .*other content.*Use another id"):
        await home.cases.open_case(case.case_id, case.customer_id, "Something else")
    other = CaseOpen(case_id=case.case_id, customer_id="C-2", message=IncomingMessage(message_id="m", text="Else"))
    with pytest.raises(RPCError) as refused:
        await wire.start(f"case-{case.case_id}", plain(other.model_dump()))
    assert refused.value.status is RPCStatusCode.ALREADY_EXISTS
    await still_answers(home, case, order_id)


async def test_a_closed_cases_id_cannot_be_used_again_for_other_content(home: House, wire: Wire) -> None:
    case, _ = await answered_case(home)
    await wire.signal(case.case_id, "close_case")
    await home.temporal.get_workflow_handle(f"case-{case.case_id}").result()
    with pytest.raises(IllegalTransition, match="closed"):
        await home.cases.say(case.case_id, "Hello?")
    other = CaseOpen(case_id=case.case_id, customer_id="C-2", message=IncomingMessage(message_id="m", text="Else"))
    handle = await wire.start(f"case-{case.case_id}", plain(other.model_dump()))
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    assert "other content" in str(failed.value.cause)
    rows = await home.rows("select customer_id, status from handrail.cases where case_id = %(c)s", c=case.case_id)
    assert rows == [(case.customer_id, "Closed")]
