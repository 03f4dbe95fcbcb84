"""A rejection forbids what was rejected, for the request that it answers, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from graphs.state import CaseState, HandBackNote
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.declined import Declined, asked_in, objection, objects, same_arguments
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import Author, Message
from tests.support.fakes import NOON, Stage, calls, heard, says

KEYS = {"effect_id", "action", "arguments"}
REJECT, APPROVE = DecisionKind.REJECT, DecisionKind.APPROVE


def ended(state: CaseState) -> tuple[CaseStatus, str | None]:
    assert state.outcome is not None, "the graph ended without an outcome"
    return state.outcome.status, state.outcome.row.reason


def pay(account: str, amount: float, **more: Any) -> tuple[str, dict[str, Any]]:
    return "pay", {"account": account, "amount": amount, **more}


async def rejected(*wanted: tuple[str, dict[str, Any]]) -> CaseState:
    """The end of a first turn in which a person said no to each of `wanted`."""
    stage = Stage(calls(*wanted), says("I am sorry, that was not approved."))
    state = await stage.run()
    while stage.asked:
        state = await stage.decide(REJECT)
    assert ended(state) == (CaseStatus.RESOLVED, None)
    return state


async def later(before: CaseState, text: str, *wanted: tuple[str, dict[str, Any]], **state: Any) -> tuple[Stage, CaseState]:
    """The next turn of the case, in which the agent wants `wanted`."""
    stage = Stage(calls(*wanted), says("It is done."))
    known = {"declined": before.declined, "declines": before.declines, "turn": 2, **state}
    return stage, await stage.run(text=text, **known)


async def test_what_was_proposed_beside_it_is_shown_for_itself() -> None:
    stage = Stage(calls(pay("A-101", 180), pay("A-102", 170)), says("One was paid."))
    await stage.run()

    await stage.decide(REJECT)
    assert stage.asked is not None
    assert (stage.asked.title, stage.asked.arguments["account"]) == ("Pay 170", "A-102")
    state = await stage.decide(APPROVE)

    assert (stage.amounts, ended(state)) == ([170], (CaseStatus.RESOLVED, None))
    told = [one.result.get("declined", "") for one in stage.model.asked[-1].exchanges]
    assert told == ["A colleague declined this alone: Pay 180. It was not done. Do not propose it again.", ""]


async def test_two_on_the_same_object_in_one_answer_are_two_questions() -> None:
    stage = Stage(calls(pay("A-101", 180), pay("A-101", 170)), says("One was paid."))
    await stage.run()
    await stage.decide(REJECT)
    assert stage.asked is not None
    await stage.decide(APPROVE)

    assert stage.amounts == [170]


async def test_another_object_goes_at_once_where_policy_allows_it() -> None:
    before = await rejected(pay("A-101", 180))

    stage, state = await later(before, "Then pay A-102.", pay("A-102", 80))

    assert (stage.amounts, stage.asked, ended(state)[0]) == ([80], None, CaseStatus.RESOLVED)


async def test_another_object_goes_in_the_same_turn_too() -> None:
    stage = Stage(calls(pay("A-101", 180)), calls(pay("A-102", 80)), says("One was paid."))
    await stage.run()
    state = await stage.decide(REJECT)

    assert (stage.amounts, ended(state)[0]) == ([80], CaseStatus.RESOLVED)


async def test_a_smaller_request_of_the_customer_is_a_new_one() -> None:
    before = await rejected(pay("A-101", 180))

    small, _ = await later(before, "Then at least 80, please.", pay("A-101", 80))
    held, _ = await later(before, "Then 170, please.", pay("A-101", 170))

    assert small.amounts == [80]
    assert held.asked is not None
    assert held.asked.title == "Pay 170"


@pytest.mark.parametrize("amount", [180, 170, 20])
async def test_the_agent_does_not_haggle_within_one_request(amount: float) -> None:
    stage = Stage(calls(pay("A-101", 180)), calls(pay("A-101", amount)))
    await stage.run()
    state = await stage.decide(REJECT)

    assert (ended(state), stage.amounts, stage.asked) == ((CaseStatus.WITH_HUMAN, "approval_rejected"), [], None)
    assert state.escalation is not None
    assert state.escalation.words == (
        f"The agent proposed “Pay {amount}” although ann had declined “Pay 180”, and nobody asked anew."
    )


@pytest.mark.parametrize("again", [pay("A-101", 180), pay("a-101 ", 180.0), pay("A-101", 180, reason="they insist")])
async def test_exactly_the_same_again_goes_to_a_person(again: tuple[str, dict[str, Any]]) -> None:
    before = await rejected(pay("A-101", 180, reason="it is broken"))

    stage, state = await later(before, "But I want it.", again)

    assert (ended(state), stage.amounts, stage.asked) == ((CaseStatus.WITH_HUMAN, "approval_rejected"), [], None)
    assert state.escalation is not None
    assert "ann had declined exactly that" in state.escalation.words


async def test_what_a_person_orders_is_a_new_request() -> None:
    before = await rejected(pay("A-101", 180))

    stage, _ = await later(
        before, "", pay("A-101", 180), person=HandBackNote(name="bea", note="Pay it."), row={"topic": "payout"}
    )

    assert stage.asked is not None
    assert stage.asked.title == "Pay 180"
    await stage.decide(APPROVE)
    assert stage.amounts == [180]


async def test_what_was_declined_too_often_goes_to_a_person() -> None:
    before = await rejected(pay("A-101", 150))
    for turn, amount in ((2, 140), (3, 130)):
        stage = Stage(calls(pay("A-101", amount)), says("I am sorry."))
        await stage.run(declined=before.declined, declines=before.declines, turn=turn)
        before = await stage.decide(REJECT)

    stage, state = await later(before, "Then 120.", pay("A-101", 120), turn=4)

    assert (ended(state), stage.asked) == ((CaseStatus.WITH_HUMAN, "approval_rejected"), None)


async def test_a_message_that_came_while_it_was_asked_belongs_to_what_was_declined() -> None:
    first, second = heard("pay me"), heard("and do it soon").model_copy(update={"message_id": "m-2"})

    assert asked_in(1, [first]) != asked_in(1, [first, second])
    assert asked_in(2, []) != asked_in(1, [])


async def test_an_older_case_that_kept_the_name_alone_keeps_its_meaning() -> None:
    stage = Stage(calls(pay("A-102", 80)))
    old = await stage.run(declined=["pay"], turn=2)
    ordered = Stage(calls(pay("A-102", 80)), says("It is done."))
    await ordered.run(declined=["pay"], turn=2, person=HandBackNote(name="bea", note="Pay it."), row={"topic": "payout"})

    assert ended(old) == (CaseStatus.WITH_HUMAN, "approval_rejected")
    assert ordered.amounts == [80]


async def test_the_packet_does_not_ask_for_what_was_declined_or_done() -> None:
    stage = Stage(calls(pay("A-101", 180), pay("A-102", 170)), says("No.", confidence=0.1))

    async def ledger(case_id: str) -> list[EffectResult]:
        done = stage.bank.paid.values()
        return [EffectResult(**one.model_dump(include=KEYS), status=EffectStatus.APPLIED, applied_at=NOON) for one in done]

    stage.cases.effects = ledger  # type: ignore[method-assign]
    await stage.run()
    await stage.decide(REJECT)
    state = await stage.decide(APPROVE)

    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert "Pay" not in state.outcome.handoff.next_step
    assert "wanted to" not in state.outcome.handoff.problem


def test_the_object_is_the_identifier_that_the_title_names() -> None:
    assert objects({"order_id": "O-10021", "amount": "20.00", "reason": "broken"}, "Refund 20.00 USD") == ["o-10021"]
    assert objects({"payment_method_id": "card_1", "order_id": "W9"}, "Pay order W9") == ["w9"]
    assert objects({"item_ids": ["102", "101"]}) == ["101", "102"]
    assert objects({"booking": "HX7K2P", "seats": 2, "day": "2026-05-04", "street": "4 Mill Row"}) == ["hx7k2p"]
    assert objects({"size": "40x30", "weight": "2kg", "order": "A1"}, "Replace order A1") == ["a1"]
    assert objects({"amount": 180, "postal_code": "00501", "gift": True}) == []


def test_an_explanation_makes_no_other_proposal() -> None:
    asked = {"order_id": "O-1", "amount": "20.00", "reason": "broken", "refunded_before": 7}

    assert same_arguments(asked, {**asked, "reason": "torn", "refunded_before": 9}, ["order_id", "amount", "reason"])
    assert not same_arguments(asked, {**asked, "amount": "20.01"}, ["order_id", "amount", "reason"])


def test_other_streets_are_another_request() -> None:
    def wanted(street: str) -> Proposal:
        arguments = {"order_id": "O-10021", "street": street}
        return Proposal(
            proposal_id="p", kind=ProposalKind.EFFECT, action="move", arguments=arguments, arguments_hash=digest(arguments)
        )

    no = Declined(
        action="move", objects=["o-10021"], arguments=wanted("Rue de la Paix").arguments, title="Move it", request="1/m-1"
    )

    def again(street: str) -> str | None:
        return objection(wanted(street), "Move it", [no], request="2/m-2", ordered=False, most=3)

    assert again("Avenue du Grand Large") is None
    assert again("rue de la paix") is not None


def test_messages_name_the_request() -> None:
    said = Message(message_id="m-7", author=Author.CUSTOMER, text="x", at=NOON, turn=3)
    assert asked_in(3, [said]) == "3/m-7"
