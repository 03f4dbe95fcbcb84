"""The packet is made of what is known, keeps what was known before, and never grows without bound."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphs.handover.handoff import FACT_BYTES, PACKET_BYTES, bounded, packet
from graphs.hearing import hear, with_heard
from graphs.state import CaseState
from graphs.views import EndView
from handrail.domain.base import json_bytes
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, Escalation, Fact, Handoff, PolicyHit, Route
from handrail.domain.case.messages import Author, Message
from handrail.domain.text.message.entities import stated
from tests.support.fakes import NOON, Stage, calls, says

ROUTE = Route(tier=1, queue="support")
ASKED = Escalation(reason="customer_asked", words="The customer asked for a person.")


def said(text: str, turn: int = 1, author: Author = Author.CUSTOMER) -> Message:
    at = NOON + timedelta(minutes=turn)
    return Message(message_id=f"{author}-{turn}", author=author, text=text, at=at, turn=turn)


def view(**state: Any) -> EndView:
    row = CaseRow(case_id="c-1", customer_id="C-1", topic="payout", opened_at=NOON, updated_at=NOON)
    found = Classification(topic="payout", confidence=0.9, frustration=0.3, router_version="r1")
    return EndView(**{"row": row, "classification": found, **state})


def made(transcript: list[Message], why: Escalation = ASKED, **state: Any) -> Handoff:
    return packet(view(**state), why, ROUTE, NOON, transcript)


def test_the_problem_is_one_sentence_with_the_order_the_amount_and_what_is_wrong() -> None:
    talk = [
        said("Hello there. The lid of order O-10021 is broken! I would like 12.50 USD back."),
        said("A person, please.", 2),
    ]
    found = made(talk)
    assert found.problem == (
        "Customer C-1 writes about payout: “The lid of order O-10021 is broken … I would like 12.50 USD back”."
    )
    assert found.wanted.startswith("A person, please. (before that: Hello there.")


def test_what_was_asked_and_not_answered_stays_open() -> None:
    talk = [said("Where is O-99999? See the photo."), said("Which order is it? I see two.", 1, Author.ASSISTANT)]
    facts = [Fact(name="orders", value={"order_id": "O-10021"}, source="list_orders", at=NOON)]
    open_now = made([*talk, said("A human!", 2)], facts=facts).open_questions
    assert open_now[0] == "The agent asked, and was not answered: “Which order is it?”"
    assert [one for one in open_now if "O-99999" in one]
    assert [one for one in open_now if "photo" in one]
    answered = made([*talk, said("The one from May.", 2)], Escalation(reason="policy_block", words="no"), facts=facts)
    assert not [one for one in answered.open_questions if "not answered" in one]


FIND_OUT = ["approval_expired", "out_of_scope", "unknown_customer", "guardrail", "action_failed", "outcome_unknown"]


@pytest.mark.parametrize("reason", FIND_OUT)
def test_a_reason_says_what_a_person_has_to_find_out(reason: str) -> None:
    assert made([said("hello")], Escalation(reason=reason, words="w")).open_questions


async def test_what_earlier_turns_tried_and_the_versions_in_force_are_there() -> None:
    before = CaseTrail(tried=["balance(): done"], hits=[PolicyHit(rule="old", message="held")])
    trace = [SentimentPoint(turn=1, at=NOON, frustration=0.1), SentimentPoint(turn=2, at=NOON, frustration=0.7)]
    stage = Stage(calls(("balance", {})), calls(("pay", {"amount": 900})))
    state: CaseState = await stage.run(text="Please pay 900 to me", trail=before, sentiment=trace)
    assert state.outcome is not None
    found = state.outcome.handoff
    assert found is not None
    assert found.tried == ["balance(): done", "Pay 900: block (900 is block)"]
    assert [str(one) for one in found.policy_hits] == ["old: held", "limits/amount: 900 is block"]
    assert found.versions.policies == ["v1"]
    assert [one.frustration for one in found.sentiment][:2] == [0.1, 0.7]


async def test_a_reply_that_did_not_pass_is_suggested_with_a_question() -> None:
    state = await Stage(says("We have refunded 999.00 USD.")).run()
    assert state.outcome is not None
    found = state.outcome.handoff
    assert found is not None
    assert found.suggested_reply == "We have refunded 999.00 USD."
    assert any("did not pass" in one for one in found.open_questions)


def test_handing_over_again_keeps_everything_once() -> None:
    talk = [said("The lid of O-10021 is broken.")]
    facts = [Fact(name="orders", value={"order_id": "O-10021"}, source="list_orders", at=NOON)]
    first = made(talk, facts=facts, trail=CaseTrail(tried=["looked"]))
    again = made(
        [*talk, said("Any news about 12.50 USD?", 2)], handoff=first, facts=facts, trail=CaseTrail(tried=["looked", "asked"])
    )
    third = made(talk, Escalation(reason="no_answer", words="late"), handoff=again)
    assert [one.reason for one in third.earlier] == ["customer_asked", "customer_asked"]
    assert (third.problem, third.next_step, third.tried) == (again.problem, again.next_step, ["looked", "asked"])
    assert [one.text for one in third.said] == ["The lid of O-10021 is broken.", "Any news about 12.50 USD?"]
    assert sorted(one.value for one in third.stated) == ["12.50 USD", "O-10021"]
    assert len(third.facts) == 1


def test_what_comes_while_people_have_it_is_added() -> None:
    heard = hear([said("Call +1 415 555 0172, card 4242 4242 4242 4242.", 2)])
    found = with_heard(made([said("Where is O-10021?")]), heard)
    assert {one.value for one in found.stated} == {"O-10021", "+1 415 555 0172", "ending in 4242"}
    assert "4242 4242" not in found.model_dump_json()
    assert with_heard(found, heard) == found


def test_it_is_bounded_and_says_where_the_rest_stands() -> None:
    facts = [Fact(name=f"get_order O-{n}", value={"rows": ["x" * 90] * 300}, source="get_order", at=NOON) for n in range(25)]
    talk = [said(f"O-{10_000 + n} " + "word " * 320, n) for n in range(1, 80)]
    found = made(talk, facts=facts, trail=CaseTrail(tried=["t" * 900] * 60))
    assert json_bytes(found.model_dump(mode="json")) <= PACKET_BYTES
    assert all(json_bytes(one.value) <= FACT_BYTES and one.name in one.clipped for one in found.facts)
    assert all(one.clipped for one in found.said)
    assert found.said[0].turn == 1
    assert found.said[-1].turn == 79
    wordy = found.model_copy(update={"tried": ["字" * 999] * 60, "open_questions": ["字" * 999] * 60, "said": found.said[:2]})
    assert json_bytes(bounded(wordy).model_dump(mode="json")) <= PACKET_BYTES


def test_what_others_said_is_nobodys_statement() -> None:
    assert stated([said("Your order O-1 costs 5 USD", 1, Author.ASSISTANT)]) == []
