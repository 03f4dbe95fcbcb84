"""What a case could not take because of a system behind it comes out as worth another try, and not as a fault of the house."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ApplicationError

from handrail.api.problems.table import PROBLEMS, code_of
from handrail.domain.errors import ApprovalRefused
from handrail.temporal.cases.translating import PASSING, refusal


@pytest.mark.parametrize("name", PASSING)
def test_a_business_that_does_not_answer_is_503_and_may_be_asked_again(name: str) -> None:
    found = refusal(ApplicationError("The preview of refund_order did not answer in time.", type=name))
    assert (type(found).__name__, str(found)) == (name, "The preview of refund_order did not answer in time.")
    assert PROBLEMS[code_of(found)].status == 503


def test_a_refusal_stays_one() -> None:
    found = refusal(ApplicationError("It is decided.", type="ApprovalRefused"))
    assert isinstance(found, ApprovalRefused)
