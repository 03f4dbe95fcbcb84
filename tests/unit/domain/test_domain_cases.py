"""What may follow what."""

from __future__ import annotations

from itertools import product

import pytest

from handrail.domain.case.cases import CaseOpen, CaseStatus, check_transition, followers
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import IllegalTransition

FORBIDDEN = {
    (CaseStatus.AWAITING_CUSTOMER, CaseStatus.AWAITING_APPROVAL),
    (CaseStatus.AWAITING_APPROVAL, CaseStatus.AWAITING_CUSTOMER),
    (CaseStatus.AWAITING_APPROVAL, CaseStatus.RESOLVED),
    (CaseStatus.WITH_HUMAN, CaseStatus.AWAITING_APPROVAL),
    (CaseStatus.RESOLVED, CaseStatus.AWAITING_CUSTOMER),
    (CaseStatus.RESOLVED, CaseStatus.AWAITING_APPROVAL),
    *((CaseStatus.CLOSED, after) for after in CaseStatus if after is not CaseStatus.CLOSED),
}


@pytest.mark.parametrize(("before", "after"), list(product(CaseStatus, CaseStatus)))
def test_every_pair_is_allowed_or_refused_with_what_may_follow(before: CaseStatus, after: CaseStatus) -> None:
    if (before, after) not in FORBIDDEN:
        assert check_transition(before, after) is after
        return
    with pytest.raises(IllegalTransition) as refused:
        check_transition(before, after)
    allowed = ", ".join(sorted(followers(before))) or "nothing"
    assert str(refused.value) == f"a case that is {before} cannot become {after}; what may follow: {allowed}."


def test_every_open_case_can_be_worked_on_closed_and_given_to_a_person() -> None:
    for status in set(CaseStatus) - {CaseStatus.CLOSED}:
        wanted = {CaseStatus.WORKING, CaseStatus.WITH_HUMAN, CaseStatus.CLOSED} - {status}
        assert wanted <= followers(status)


def test_the_same_content_has_the_same_digest_and_no_other() -> None:
    one = CaseOpen(case_id="c", customer_id="C", message=IncomingMessage(message_id="m", text="t"))
    assert one.content_digest() == one.model_copy(deep=True).content_digest()
    for change in ({"customer_id": "D"}, {"channel": "web"}, {"message": IncomingMessage(message_id="m", text="u")}):
        assert one.model_copy(update=change).content_digest() != one.content_digest()
