"""Decisions that come in: the first that fits settles, nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.actions.approvals import (
    Approval,
    ApprovalStatus,
    DecisionInput,
    DecisionKind,
    Permit,
)
from handrail.domain.actions.decisions import draft
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import ApprovalRefused, InvalidInput
from handrail.domain.team.commands import HandBack
from tests.support.memories import NOW, SOURCE, as_json, asked, memory, request
from workflows.handlers.commands import Intake
from workflows.page.entries import entries


def decide(intake: Intake, wanted: DecisionInput) -> Approval:
    """The decision of somebody who may."""
    approval = intake.undecided(wanted, NOW)
    return intake.settle(approval, Permit(decision=draft(approval, wanted, NOW, "decide")), NOW, SOURCE)


def test_a_decision_settles_once() -> None:
    found = asked()
    intake = Intake(found)
    wanted, approval = intake.check_decision(
        {"decision": "approve", "approval_id": "a1", "revision": 1, "reviewer": " ann "}, NOW
    )
    assert (wanted.reviewer, approval.approval_id) == ("ann", "a1")
    assert decide(intake, wanted).status is ApprovalStatus.APPROVED
    assert found.decided is not None
    assert [one.reviewer for one in found.decided.approvers or []] == ["ann"]
    told = found.unsaved_audit[-1]
    assert (told.actor, told.action, told.details["identity"], told.details["update_id"]) == (
        "ann",
        "decision:approve",
        "self-declared",
        "u",
    )
    with pytest.raises(ApprovalRefused, match="settled once"):
        decide(intake, wanted)


def test_the_first_of_two_is_noted_and_counts_once() -> None:
    found = asked(quorum=2)
    intake = Intake(found)
    seen = {"decision": "approve", "approval_id": "a1", "revision": 1}
    first = decide(intake, intake.check_decision({**seen, "reviewer": "ann"}, NOW)[0])
    assert (first.status, first.decision, found.decided) == (ApprovalStatus.OPEN, None, None)
    assert found.notice == "Approved, 1 of 2, by ann. It needs another person's approval."
    commit = found.commit()
    with pytest.raises(ApprovalRefused, match=r"ANN has approved this already \(1 of 2, by ann\)"):
        decide(intake, intake.check_decision({**seen, "reviewer": "ANN"}, NOW)[0])
    assert decide(intake, intake.check_decision({**seen, "reviewer": "bea"}, NOW)[0]).status is ApprovalStatus.APPROVED
    found.saved(commit)
    assert [len(one.yes) for one in found.commit().approvals] == [2]


def test_asked_again_the_first_yes_stays_and_after_another_message_it_does_not() -> None:
    found = asked(quorum=2)
    intake = Intake(found)
    seen = {"decision": "approve", "approval_id": "a1", "revision": 1, "reviewer": "ann"}
    decide(intake, intake.check_decision(seen, NOW)[0])
    again = found.ask_again(found.open_approvals[0], NOW)
    assert (again.revision, [one.reviewer for one in again.yes]) == (2, ["ann"])
    assert [one.revision for one in found.open_approvals] == [2]
    found.ask_anew(NOW)
    assert [(one.revision, one.yes) for one in found.open_approvals] == [(3, [])]


def test_whoever_handed_back_does_not_approve_what_comes_of_it() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    Intake(found).hand_back(HandBack(reviewer="ann", note="Refund the kettle."), NOW)
    found.handed_back = None
    found.become(CaseStatus.WORKING, NOW)
    found.become(CaseStatus.AWAITING_APPROVAL, NOW)
    intake = Intake(found)
    found.ask(request(), NOW)
    seen = {"approval_id": "a1", "revision": 1}
    with pytest.raises(ApprovalRefused, match="ann asked for this, and nobody approves what they proposed"):
        decide(intake, intake.check_decision({**seen, "decision": "approve", "reviewer": "ann"}, NOW)[0])
    no = intake.check_decision({**seen, "decision": "reject", "reviewer": "ann"}, NOW)[0]
    assert decide(intake, no).status is ApprovalStatus.REJECTED


def test_an_expired_approval_is_not_given() -> None:
    with pytest.raises(ApprovalRefused, match="expired"):
        Intake(asked(60)).check_decision({"decision": "reject", "reviewer": "ann"}, NOW + timedelta(minutes=60))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reviewer": "  "}, "reviewer"),
        ({"reviewer": "a\nb"}, "reviewer"),
        ({"reviewer": "\u202e"}, "reviewer"),
        ({"note": "\u200b"}, "note"),
        ({"note": "a\x00"}, "note"),
        ({"note": "n" * 2_001}, "note"),
    ],
)
def test_names_and_notes_are_readable(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^{field}: "):
        Intake(asked()).check_decision({"decision": "reject", "reviewer": "ann", **fields}, NOW)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        "yes",
        {"approval_id": "a1"},
        {"revision": 1},
        {"approval_id": "", "revision": 1},
        {"approval_id": "a1", "revision": 1, "decision": "reject"},
    ],
)
def test_a_bare_word_decides_nothing(raw: Any) -> None:
    with pytest.raises(ApprovalRefused):
        Intake(asked()).bare(DecisionKind.APPROVE, as_json(raw))


def test_a_bare_word_that_names_its_request_counts() -> None:
    found = asked()
    wanted = Intake(found).bare(DecisionKind.REJECT, as_json({"approval_id": "a1", "revision": 1, "reviewer": "ann"}))
    assert decide(Intake(found), wanted).status is ApprovalStatus.REJECTED


@pytest.mark.parametrize("note", [5, [], {}, True, "n" * 2_001, "a\x00", "\u202e"])
def test_a_click_takes_nothing_or_a_readable_note(note: Any) -> None:
    found = asked()
    name = next(iter(entries(found)))
    with pytest.raises(InvalidInput, match=r"^note: "):
        Intake(found).check_click(name, note)


@pytest.mark.parametrize("note", [None, "", "  ", "too late"])
def test_a_click_says_what_it_is_about(note: str | None) -> None:
    found = asked()
    approve, reject = entries(found)
    what, shown, words, _ = Intake(found).check_click(reject, note)
    assert (what, shown, words) == ("reject", found.open_approvals[0], (note or "").strip() or None)
    found.ask_again(found.open_approvals[0], NOW)
    with pytest.raises(ApprovalRefused, match="nothing here is called"):
        Intake(found).check_click(approve, None)
