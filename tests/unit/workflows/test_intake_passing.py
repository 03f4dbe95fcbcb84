"""While a case is being passed on or closed, nobody is told yes to something that will not happen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.domain.actions.approvals import ApprovalStatus, DecisionKind
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import ApprovalRefused, IllegalTransition
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, ResolveCase
from tests.support.memories import NOW, asked, memory
from workflows.handlers.commands import Intake
from workflows.page.entries import entries

ON_THE_WAY = Escalation(reason="no_answer", words="Nobody answered.")


def test_a_person_does_not_act_on_a_case_that_is_being_passed_on() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    found.interruption = ON_THE_WAY
    intake, before = Intake(found), found.row
    with pytest.raises(IllegalTransition, match="passed on"):
        intake.claim(ClaimCase(reviewer="ann"), NOW)
    with pytest.raises(IllegalTransition, match="passed on"):
        intake.reply(PersonReply(reviewer="ann", text="Hello"), NOW)
    with pytest.raises(IllegalTransition, match="passed on"):
        intake.resolve(ResolveCase(reviewer="ann"), NOW)
    with pytest.raises(IllegalTransition, match="passed on"):
        intake.hand_back(HandBack(reviewer="ann", note="Go on"), NOW)
    assert found.row == before


def test_a_wish_after_a_hand_back_counts() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    intake.hand_back(HandBack(reviewer="ann", note="Go on"), NOW)
    intake.ask_for_person("A person was asked for.")
    assert found.interruption is not None
    assert found.interruption.reason == "customer_asked"


@pytest.mark.parametrize("way", ["interruption", "closing"])
def test_an_approval_is_not_given_for_what_will_not_happen(way: str) -> None:
    found = asked()
    setattr(found, way, ON_THE_WAY if way == "interruption" else "ann")
    seen = {"decision": "approve", "approval_id": "a1", "revision": 1, "reviewer": "ann"}
    with pytest.raises(ApprovalRefused, match="withdrawn"):
        Intake(found).check_decision(seen, NOW)
    assert found.decided is None
    assert found.approvals[-1].status is ApprovalStatus.OPEN


def test_what_comes_up_meanwhile_is_asked_anew_within_the_same_time() -> None:
    found = asked()
    first, names = found.approvals[0], set(entries(found))
    found.ask_anew(NOW + timedelta(minutes=5))
    withdrawn, second = found.approvals
    assert (withdrawn.revision, withdrawn.status) == (first.revision, ApprovalStatus.WITHDRAWN)
    assert (second.status, second.due_at, second.request) == (ApprovalStatus.OPEN, first.due_at, first.request)
    assert not names & set(entries(found))
    assert {one.revision for one in found.commit().approvals} == {1, 2}
    with pytest.raises(ApprovalRefused, match="nothing here is called"):
        Intake(found).check_click(sorted(names)[0], None)
    what, shown, *_ = Intake(found).check_click(sorted(entries(found))[0], None)
    assert (what, shown) == (DecisionKind.APPROVE, second)
