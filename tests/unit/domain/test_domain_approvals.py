"""What may be decided, and that it is settled once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from handrail.domain.actions.approvals import (
    Approval,
    ApprovalStatus,
    Decision,
    DecisionInput,
    DecisionKind,
    HumanRequest,
    Identity,
    RequestKind,
)
from handrail.domain.actions.decisions import MAX_EDIT, SETTLED_AS, draft, find, progress, settle
from handrail.domain.base import digest
from handrail.domain.errors import ApprovalRefused
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, ResolveCase

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def approval(approval_id: str = "a1", **fields: Any) -> Approval:
    """An open approval of a refund."""
    request = HumanRequest(
        request_id=approval_id,
        kind=fields.pop("kind", RequestKind.APPROVAL),
        action="refund_order",
        title="Refund",
        headline="refund · 180.00 USD",
        arguments={"order_id": "O-1", "amount": "180.00"},
    )
    given = {"revision": 3, "opened_at": NOW, "due_at": NOW + timedelta(hours=1), **fields}
    return Approval(approval_id=approval_id, case_id="c", request=request, **given)


def wanted(decision: DecisionKind = DecisionKind.APPROVE, **fields: Any) -> DecisionInput:
    """A decision on `a1`."""
    return DecisionInput(decision=decision, **{"approval_id": "a1", "revision": 3, "reviewer": "ann", **fields})


def unnamed(decision: DecisionKind, **fields: Any) -> DecisionInput:
    """A decision that does not say what was seen."""
    return wanted(decision, **{"approval_id": None, "revision": None, **fields})


def test_the_one_that_is_meant_is_found() -> None:
    one, two = approval(), approval("a2", revision=4)
    assert find([one, two], wanted(), NOW) is one
    assert find([one, two], wanted(approval_id="a2", revision=4), NOW) is two
    assert find([one], unnamed(DecisionKind.REJECT), NOW) is one
    question = approval(kind=RequestKind.QUESTION)
    assert find([question], unnamed(DecisionKind.ANSWER, answer="yes"), NOW) is question


@pytest.mark.parametrize("decision", [DecisionKind.APPROVE, DecisionKind.EDIT])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, r"^approval_id: is missing; '\w+' names what was seen\. Open: a1 \(r3\)\.$"),
        ({"approval_id": "a1"}, r"^revision: is missing, and this was asked 2 times\."),
    ],
)
def test_what_makes_something_happen_names_what_was_seen(decision: DecisionKind, fields: dict[str, Any], words: str) -> None:
    arguments = {"amount": 80} if decision is DecisionKind.EDIT else None
    before = approval(revision=2, status=ApprovalStatus.WITHDRAWN)
    with pytest.raises(ApprovalRefused, match=words):
        find([before, approval()], unnamed(decision, arguments=arguments, **fields), NOW)


@pytest.mark.parametrize("fields", [{"revision": 3}, {"approval_id": "a1"}])
def test_a_revision_or_a_request_asked_once_names_what_was_seen(fields: dict[str, Any]) -> None:
    one = approval()
    assert find([one], unnamed(DecisionKind.APPROVE, **fields), NOW) is one


@pytest.mark.parametrize("decision", [DecisionKind.REJECT, DecisionKind.ANSWER])
@pytest.mark.parametrize("approval_id", [None, "a1"])
def test_a_stale_revision_is_refused_whatever_is_decided(decision: DecisionKind, approval_id: str | None) -> None:
    kind = RequestKind.QUESTION if decision is DecisionKind.ANSWER else RequestKind.APPROVAL
    answer = "yes" if decision is DecisionKind.ANSWER else None
    with pytest.raises(ApprovalRefused, match=r"^revision: 2 is not what is open now"):
        find([approval(kind=kind)], wanted(decision, approval_id=approval_id, revision=2, answer=answer), NOW)


@pytest.mark.parametrize(
    ("approvals", "decision", "words"),
    [
        ([approval()], wanted(approval_id="a9"), r"^approval_id: 'a9' is not known here\. Open: a1 \(r3\)\.$"),
        ([], wanted(), r"is not known here\. Open: none"),
        ([], wanted(DecisionKind.REJECT, approval_id=None), r"^approval_id: is missing and no approval is open\. Open: none"),
        (
            [approval(), approval("a2")],
            wanted(DecisionKind.REJECT, approval_id=None),
            r"2 approvals are open\. Open: a1 \(r3\), a2 \(r3\)",
        ),
        ([approval()], wanted(revision=2), r"^revision: 2 is not what is open now \(r3\)\. Look at it again"),
        ([approval(due_at=NOW)], wanted(), r"^approval_id: a1 expired at 2026-03-01 12:00 UTC; nothing was approved"),
        *(
            ([approval(status=status)], wanted(), rf"^approval_id: a1 was already {status}; it is settled once\. Open: none")
            for status in ApprovalStatus
            if status is not ApprovalStatus.OPEN
        ),
    ],
)
def test_what_fits_nothing_says_what_would_fit(approvals: list[Approval], decision: DecisionInput, words: str) -> None:
    with pytest.raises(ApprovalRefused, match=words):
        find(approvals, decision, NOW)


@pytest.mark.parametrize(
    ("kind", "decision", "words"),
    [
        (RequestKind.APPROVAL, wanted(DecisionKind.ANSWER, answer="yes"), r"^decision: this is an approval; send 'approve'"),
        (RequestKind.QUESTION, wanted(DecisionKind.APPROVE), r"^decision: this is a question; send decision 'answer'"),
        (RequestKind.QUESTION, wanted(DecisionKind.ANSWER, answer="  "), r"^answer: is empty"),
        (RequestKind.APPROVAL, wanted(DecisionKind.EDIT), r"^arguments: an edit needs the fields that change"),
        (
            RequestKind.APPROVAL,
            wanted(DecisionKind.EDIT, arguments={"colour": 1}),
            r"colour does not exist .* amount, order_id",
        ),
        (RequestKind.APPROVAL, wanted(DecisionKind.APPROVE, arguments={"amount": 9}), r"^arguments: go with decision 'edit'"),
        (RequestKind.APPROVAL, wanted(DecisionKind.REJECT, arguments={"amount": 9}), r"^arguments: go with decision 'edit'"),
        (RequestKind.APPROVAL, wanted(DecisionKind.APPROVE, answer="yes"), r"^answer: goes with decision 'answer'"),
        (RequestKind.APPROVAL, wanted(DecisionKind.EDIT, arguments={"amount": "9" * MAX_EDIT}), r"^arguments: have 16,0"),
    ],
)
def test_a_decision_of_the_wrong_kind_is_refused(kind: RequestKind, decision: DecisionInput, words: str) -> None:
    with pytest.raises(ApprovalRefused, match=words):
        find([approval(kind=kind)], decision, NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": 0},
        {"revision": 10**30},
        {"note": "n" * 2_001},
        {"reviewer": "r" * 121},
        {"reviewer": ""},
        {"reviewer": " \t "},
        {"approval_id": "x" * 121},
        {"a": 1},
    ],
)
def test_fields_have_bounds(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        wanted(**fields)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ClaimCase, {}),
        (PersonReply, {"text": "x"}),
        (HandBack, {"note": "x"}),
        (ResolveCase, {}),
        (DecisionInput, {"decision": "reject"}),
    ],
)
def test_nobody_does_nothing(kind: type[BaseModel], fields: dict[str, Any]) -> None:
    assert kind.model_validate({**fields, "reviewer": " ann "}).model_dump()["reviewer"] == "ann"
    nobodies: list[dict[str, Any]] = [{}, {"reviewer": ""}, {"reviewer": "  \n"}]
    for reviewer in nobodies:
        with pytest.raises(ValidationError, match="reviewer"):
            kind.model_validate({**fields, **reviewer})


def test_settling_keeps_what_exactly_was_decided() -> None:
    edit = wanted(DecisionKind.EDIT, arguments={"amount": "80.00"}, note="half")
    settled = settle(approval(), draft(approval(), edit, NOW, "decide"))
    assert settled.status is ApprovalStatus.EDITED
    assert settled.decision is not None
    assert settled.decision.arguments == {"order_id": "O-1", "amount": "80.00"}
    assert settled.decision.arguments_hash == digest(settled.decision.arguments)
    assert (settled.decision.revision, settled.decision.via, settled.decision.note) == (3, "decide", "half")
    with pytest.raises(ApprovalRefused, match="already edited by ann"):
        find([settled], wanted(), NOW)


def test_every_decision_settles() -> None:
    assert set(SETTLED_AS) == set(DecisionKind)
    assert ApprovalStatus.OPEN not in SETTLED_AS.values()


def test_a_menus_names_are_bound_to_the_revision() -> None:
    assert set(approval().menu().values()) == {DecisionKind.APPROVE, DecisionKind.REJECT}
    assert not set(approval().menu()) & set(approval(revision=4).menu())
    assert approval(kind=RequestKind.QUESTION).menu() == {}


def by(name: str, asked: Approval, kind: DecisionKind = DecisionKind.APPROVE, **fields: Any) -> Decision:
    """What `name` says to it."""
    arguments = {"amount": "80.00"} if kind is DecisionKind.EDIT else None
    return draft(asked, wanted(kind, reviewer=name, arguments=arguments), NOW, "decide").model_copy(update=fields)


def two(**fields: Any) -> Approval:
    """An approval that takes two."""
    asked = approval()
    return asked.model_copy(update={"request": asked.request.model_copy(update={"quorum": 2, **fields})})


SURE: dict[str, Any] = {"identity": Identity.VERIFIED, "sender": "ann@corp"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("ann", {}), ("ann", {})),
        (("ann", {}), (" ANN", {})),
        (("ann", {}), ("\uff41nn", {})),
        (("ann", SURE), ("bob", SURE)),
    ],
)
def test_one_person_is_not_two(first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]) -> None:
    once = settle(two(), by(first[0], two(), **first[1]))
    assert (once.status, progress(once)) == (ApprovalStatus.OPEN, "1 of 2, by ann")
    with pytest.raises(ApprovalRefused, match=r"has approved this already \(1 of 2, by ann\)"):
        settle(once, by(second[0], once, **second[1]))


def test_two_people_are_enough_and_both_stand_behind_it() -> None:
    done = settle(settle(two(), by("ann", two(), **SURE)), by("bob", two(), identity=Identity.VERIFIED, sender="bob@corp"))
    assert done.status is ApprovalStatus.APPROVED
    assert done.decision is not None
    assert [one.sender for one in done.decision.approvers or []] == ["ann@corp", "bob@corp"]


def test_every_role_that_is_asked_has_to_be_among_them() -> None:
    asked = two(quorum=1, roles=["manager", "fraud"])
    once = settle(asked, by("mia", asked, roles=["manager"]))
    assert (once.status, progress(once)) == (ApprovalStatus.OPEN, "1 of 1, by mia; still needed: a fraud")
    assert settle(once, by("fay", once, roles=["fraud"])).status is ApprovalStatus.APPROVED


@pytest.mark.parametrize(
    ("asked", "strict", "status"),
    [
        (approval(), False, ApprovalStatus.EDITED),
        (approval(), True, ApprovalStatus.REVISED),
        (two(), False, ApprovalStatus.REVISED),
        (two(quorum=1, proposed_by=["ann"]), False, ApprovalStatus.REVISED),
    ],
)
def test_an_edit_is_its_editors_own_proposal(asked: Approval, strict: bool, status: ApprovalStatus) -> None:
    edited = settle(asked, by("ann", asked, DecisionKind.EDIT), no_self_approval=strict)
    assert edited.status is status
    assert edited.decision is not None
    assert [one.reviewer for one in edited.decision.approvers or []] == (["ann"] if status is ApprovalStatus.EDITED else [])


def test_nobody_approves_what_they_proposed_but_may_reject_it() -> None:
    asked = two(quorum=1, proposed_by=["ann@corp"])
    with pytest.raises(ApprovalRefused, match="nobody approves what they proposed"):
        settle(asked, by("Ann", asked, **SURE))
    assert settle(asked, by("Ann", asked, DecisionKind.REJECT, **SURE)).status is ApprovalStatus.REJECTED
