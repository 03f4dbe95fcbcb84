"""What a model is told of earlier turns stays small and holds nobody's words; what people read is said in their language."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from graphs.ruling.repeats import Repetition
from handrail.desk.packet import line_of
from handrail.desk.words import languages
from handrail.domain.actions.earlier import (
    RESULT_BYTES,
    TOLD,
    TOLD_BYTES,
    EarlierEffect,
    EarlierOutcome,
    about_the_same,
    asked_again,
    exactly,
    told,
)
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.case.messages import Author, Message

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OTHERS = [one for one in languages() if one != "en"]


def made(number: int = 0, outcome: EarlierOutcome = EarlierOutcome.APPLIED, **changes: object) -> EarlierEffect:
    arguments = {"order_id": "O-10021", "amount": "12.50", "reason": "it broke", "refunded_before": 0.0}
    fields = {"effect_id": f"e-{number}", "action": "refund_order", "arguments": arguments, "outcome": outcome}
    return EarlierEffect.model_validate({**fields, "at": NOON + timedelta(minutes=number), **changes})


def wanted(**arguments: object) -> Proposal:
    return Proposal(proposal_id="p-1", kind=ProposalKind.EFFECT, action="refund_order", arguments=arguments, arguments_hash="")


def test_of_very_many_the_newest_are_told() -> None:
    found = told([made(number) for number in range(TOLD * 3)], {"refund_order": ["order_id", "amount", "reason"]}, [])
    assert [one.at.minute + one.at.hour * 60 for one in found] == [12 * 60 + number for number in range(TOLD * 2, TOLD * 3)]
    assert {tuple(one.arguments) for one in found} == {("order_id", "amount")}


def test_what_is_told_has_a_bound_whatever_stands_in_it() -> None:
    large = [made(number, arguments={"order_id": "x" * 3_000}, result={"text": "y" * RESULT_BYTES}) for number in range(9)]
    found = told(large, {}, [])
    size = len(json.dumps([one.model_dump(mode="json") for one in found]).encode())
    assert 0 < size <= TOLD_BYTES
    assert {tuple(one.result) for one in found} == {()}
    assert found[-1].at == large[-1].at


def test_the_same_is_the_same_however_it_is_written_and_explained() -> None:
    names = ["order_id", "amount", "reason"]
    assert exactly(made(), wanted(order_id=" o-10021", amount=12.5, reason="told to"), names)
    assert not exactly(made(), wanted(order_id="O-10021", amount=12.51), names)
    assert not exactly(made(outcome=EarlierOutcome.UNKNOWN), wanted(order_id="O-10021", amount=12.5), names)


@pytest.mark.parametrize(
    ("order", "outcome", "counts"),
    [
        ("O-10021", EarlierOutcome.APPLIED, True),
        ("O-10021", EarlierOutcome.UNKNOWN, True),
        ("O-10021", EarlierOutcome.REJECTED, False),
        ("O-10022", EarlierOutcome.APPLIED, False),
    ],
)
def test_what_was_done_to_the_same_object_counts(order: str, outcome: EarlierOutcome, counts: bool) -> None:
    proposal = wanted(order_id=order, amount=20)
    assert bool(about_the_same([made(outcome=outcome)], proposal, f"Refund 20.00 USD for order {order}")) is counts


def test_a_proposal_is_no_repetition_of_itself() -> None:
    assert about_the_same([made(effect_id="p-1")], wanted(order_id="O-10021", amount=20), "Refund order O-10021") == []


@pytest.mark.parametrize(
    ("words", "again"),
    [
        ("Thanks, any news?", False),
        ("Thanks! Any news on order O-10021?", False),
        ("Did the 12.50 USD go out?", False),
        ("Please refund order 10021 once more.", True),
        ("O-10021 broke again, I want my money back", True),
        ("Another 12.50 USD, please", True),
        ("and 12,50 € more", True),
        ("It has been 3 days. O-10022 is fine.", False),
        ("> We have refunded 12.50 USD for order O-10021.\nThanks", False),
    ],
)
def test_who_asks_again_names_the_object_or_the_amount(words: str, again: bool) -> None:
    before = Message(message_id="m-1", author=Author.CUSTOMER, text="Refund O-10021, 12.50 USD.", at=NOON, turn=1)
    ours = Message(message_id="m-2", author=Author.ASSISTANT, text="Done: 12.50 USD for O-10021.", at=NOON, turn=1, sequence=1)
    new = {"message_id": "m-3", "text": words, "at": NOON + timedelta(hours=1), "sequence": 2}
    said = [before, ours, before.model_copy(update=new)]
    about = wanted(order_id="O-10021", amount="12.50", reason="told O-10022")
    assert asked_again(said, NOON, about, "Refund 12.50 USD for order O-10021", "en") is again


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("anew", [True, False])
def test_every_sentence_about_it_is_said_in_the_readers_language(language: str, anew: bool) -> None:
    again = Repetition([made(), made(1, EarlierOutcome.UNKNOWN)], anew, ["order_id", "amount"])
    verdict = Verdict(proposal_id="p-1", revision=1, arguments_hash="", ruling=Ruling.ALLOW)
    hits = again.over(wanted(order_id="O-10021", amount=20), verdict).hits
    assert len(hits) == 2
    for words in [*(hit.message for hit in hits), again.refusal(made())]:
        said = line_of(language, words)
        assert said != words
        assert "refund_order (order_id O-10021, amount 12.50)" in said
