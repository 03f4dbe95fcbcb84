"""Which corrections loosen what the agent may do, and which say nearly the same."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.messages import Author
from handrail.domain.quality.evaluation.corrections import Correction, CorrectionKind, SaidBefore
from handrail.quality.corrections.likeness import alike, held_out, words_of
from handrail.quality.corrections.loosening import loosening

EDIT, REJECTION, TAKEOVER = CorrectionKind.EDIT, CorrectionKind.REJECTION, CorrectionKind.TAKEOVER


@pytest.mark.parametrize(
    ("kind", "action", "reason", "proposed", "done", "loosens"),
    [
        (EDIT, "refund", "edited", {"amount": 80}, {"amount": 60}, False),
        (EDIT, "refund", "edited", {"amount": "80.00"}, {"amount": "60.00"}, False),
        (EDIT, "refund", "edited", {"amount": 80}, {"amount": 80.01}, True),
        (EDIT, "refund", "edited", {"amount": 80}, {"amount": -90}, True),
        (EDIT, "refund", "edited", {"amount": 80}, {"amount": True}, True),
        (EDIT, "refund", "edited", {"amount": 80, "order": "A"}, {"amount": 80, "order": "B"}, True),
        (EDIT, "refund", "edited", {"amount": 80, "reason": "late"}, {"amount": 80, "reason": "broken"}, False),
        (EDIT, "refund", "edited", {}, {"amount": 1}, True),
        (EDIT, SEND_REPLY, "edited", {"text": "We refund 20 USD."}, {"text": "We refund 15 USD."}, False),
        (EDIT, SEND_REPLY, "edited", {"text": "We refund 20 USD."}, {"text": "We refund 25 USD."}, True),
        (EDIT, SEND_REPLY, "edited", {"text": "Sorry."}, {"text": "We are sorry."}, False),
        (REJECTION, "refund", "rejected", {"amount": 80}, None, False),
        (TAKEOVER, SEND_REPLY, "policy_block", None, {"text": "Done."}, True),
        (TAKEOVER, SEND_REPLY, "low_confidence", None, {"text": "Done."}, False),
        (TAKEOVER, SEND_REPLY, "low_confidence", None, {"text": "You get 500 USD."}, True),
        (TAKEOVER, SEND_REPLY, "policy_block", None, None, False),
    ],
)
def test_loosening(
    kind: CorrectionKind, action: str, reason: str, proposed: dict[str, Any] | None, done: dict[str, Any] | None, loosens: bool
) -> None:
    assert bool(loosening(kind, action, reason, proposed, done)) is loosens


def test_likeness_forgives_case_and_figures_and_one_word_in_ten() -> None:
    ten = "please send the blue kettle back to me again today"
    assert alike(words_of([ten]), words_of([ten.upper()]))
    assert alike(words_of([f"{ten} order 10021"]), words_of([f"{ten} order 10399"]))
    assert not alike(words_of([ten]), words_of([ten.replace("kettle", "lamp")]))
    long = " ".join(f"word{chr(97 + place)}" for place in range(20))
    assert alike(words_of([long]), words_of([f"{long} more"]))
    assert not alike(words_of([]), words_of(["something"]))


def test_a_third_is_held_out_and_always_the_same_third() -> None:
    def made(number: int) -> Correction:
        said = [SaidBefore(author=Author.CUSTOMER, text=f"word{number:b}".replace("0", "o").replace("1", "i"))]
        return Correction(kind=EDIT, topic="refund", action="refund_order", reason="edited", said=said)

    found = [held_out(made(number)) for number in range(3_000)]
    assert 900 < sum(found) < 1_100
    assert found == [held_out(made(number)) for number in range(3_000)]
