"""Ceilings of policies for several at once: what they may name, and how proposals are held against them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from handrail.domain.actions.approvals import HumanRequest
from handrail.domain.errors import ApprovalRefused
from handrail.domain.policy.batching import BatchTerms, total_of
from handrail.policies.ceilings import ceiling_problem
from handrail.shop import business

TERMS = BatchTerms(field="refund_amount_usd", unit="USD", each=Decimal(150), sum=Decimal(300), rows=3)
POLICIES = {"refund_amount": TERMS}


def asked(amount: Any, **other: Any) -> HumanRequest:
    given: dict[str, Any] = {
        "request_id": "r",
        "action": "refund_order",
        "title": "Refund",
        "headline": f"refund · {amount}",
        "reasons": ["above 100"],
        "rules": ["refund_amount/refund-needs-approval"],
        "facts": {"refund_amount_usd": amount},
    }
    return HumanRequest.model_validate({**given, **other})


def test_the_total_is_exact_and_ceilings_are_included() -> None:
    total = total_of([asked("149.95"), asked(150), asked("0.05")], POLICIES)
    assert (total.rows, total.in_words) == (3, "300 USD")


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ([asked(1)], "at least 2"),
        ([asked(1), asked(1, action="cancel_order")], "of one tool"),
        ([asked(1), asked("150.01")], "up to 150 each"),
        ([asked(150), asked(150), asked("0.01")], "up to 3 and 300"),
        ([asked(1)] * 4, "up to 3 and 300"),
        ([asked(1), asked(None)], "refund_amount_usd is None"),
        ([asked(1), asked(-50)], "refund_amount_usd is -50"),
        ([asked(1), asked("NaN")], "refund_amount_usd is None"),
        ([asked(1), asked(1, rules=[], reasons=[])], "no ceiling"),
        ([asked(1), asked(1, rules=["refund_timing/late-refund"])], "no ceiling"),
        ([asked(1), asked(1, reasons=["above 100", "a person looks at all of these now"])], "no ceiling"),
        ([asked(1), asked(1, kind="question")], "no ceiling"),
    ],
)
def test_what_may_not_be_given_together_is_refused(requests: list[HumanRequest], words: str) -> None:
    with pytest.raises(ApprovalRefused, match=words):
        total_of(requests, POLICIES)


def test_a_ceiling_is_over_a_number_that_the_business_declares() -> None:
    assert ceiling_problem(TERMS, business.facts) is None
    problem = ceiling_problem(TERMS.model_copy(update={"field": "refund_amount"}), business.facts)
    assert problem is not None
    assert "refund_amount_usd" in problem
    with pytest.raises(ValidationError, match="below each"):
        BatchTerms(field="refund_amount_usd", each=Decimal(100), sum=Decimal(50))
