"""What a case carries of its questions to the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handrail.domain.actions.asked import ASKED_KEPT, AskedEffect, asked_effects, together, with_answer, with_question
from handrail.domain.actions.confirmations import Asking, Confirmation
from handrail.domain.actions.proposals import Proposal, ProposalKind

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def question(name: str, minute: int = 0, effects: int = 1) -> Confirmation:
    proposals = [
        Proposal(
            proposal_id=f"{name}-{n}", kind=ProposalKind.EFFECT, action="pay", arguments={"amount": n}, arguments_hash=f"h-{n}"
        )
        for n in range(effects)
    ]
    at = NOON + timedelta(minutes=minute)
    return Confirmation(
        question_id=name,
        topic="payout",
        language="en",
        asked=[Asking(proposal=one, line=f"Pay {one.arguments['amount']} USD.") for one in proposals],
        words="…",
        unanswered="…",
        asked_at=at,
        due_at=at + timedelta(hours=1),
    )


def test_each_effect_of_a_question_has_the_answer_to_it_once() -> None:
    first, second = question("q-1", effects=2), question("q-2", 5)
    known = with_question(with_question([], first), second)
    known = with_answer(known, first, "confirmed", NOON + timedelta(minutes=1), "m-2", "yes\n please")
    known = with_answer(known, first, "confirmed", NOON + timedelta(minutes=9), "m-9", "yes")
    assert [(one.key, [str(given.words) for given in one.answers]) for one in known] == [
        (("q-1", "q-1-0"), ["yes please"]),
        (("q-1", "q-1-1"), ["yes please"]),
        (("q-2", "q-2-0"), []),
    ]


def test_an_answer_to_a_question_that_nobody_kept_keeps_it() -> None:
    (found,) = with_answer([], question("q-1"), "refused", NOON, "m-2", "no")
    assert (found.line, found.answers[0].kind) == ("Pay 0 USD.", "refused")


def test_of_two_accounts_the_one_with_more_answers_counts() -> None:
    one, other = question("q-1"), question("q-2", 5)
    before, after = asked_effects(one), with_answer([], one, "confirmed", NOON)
    assert together(before, after) == after == together(after, before)
    assert [found.question_id for found in together(asked_effects(other), after)] == ["q-1", "q-2"]


def test_a_case_carries_the_newest_and_no_more() -> None:
    known: list[AskedEffect] = []
    for number in range(ASKED_KEPT + 5):
        known = with_question(known, question(f"q-{number}", number))
    assert len(known) == ASKED_KEPT
    assert known[-1].question_id == f"q-{ASKED_KEPT + 4}"


def test_words_are_one_short_line_without_card_numbers() -> None:
    (found,) = with_answer([], question("q-1"), "confirmed", NOON, "m-2", "yes\n4111 1111 1111 1111 " + "a" * 9_000)
    assert "4111 1111" not in found.answers[0].words
    assert len(found.answers[0].words) == 240
