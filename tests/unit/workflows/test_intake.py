"""What a case takes and refuses, without Temporal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from handrail.domain.actions.approvals import (
    Approval,
    ApprovalStatus,
    Decision,
    DecisionInput,
    DecisionKind,
    HumanRequest,
    Permit,
    SentDecision,
    Source,
)
from handrail.domain.actions.decisions import draft
from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import ApprovalRefused, CaseConflict, HandrailError, IllegalTransition, InvalidInput
from handrail.domain.team.commands import NOBODY, ClaimCase, HandBack, PersonReply, Release, ResolveCase
from workflows.handlers.authorize import Desk
from workflows.handlers.commands import Intake, by_person
from workflows.handlers.payloads import NOTHING, value_of
from workflows.memory.case import CaseMemory
from workflows.memory.transcript import BYTES_WAITING
from workflows.page.entries import entries
from workflows.steps import handback as returns
from workflows.steps.record import take_inbox

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = Source(workflow_id="case-c", run_id="r", update_id="u")


def as_json(value: Any) -> RawValue:
    """The value as a handler receives it."""
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode()))


def memory(status: CaseStatus = CaseStatus.AWAITING_CUSTOMER) -> CaseMemory:
    """A case that was opened and heard."""
    opened = CaseOpen(case_id="c", customer_id="C", message=IncomingMessage(message_id="m-0", text="Hello"))
    found = CaseMemory.of(opened, NOW)
    found.inbox = []
    if status is not CaseStatus.WORKING:
        found.become(status, NOW)
    return found


def request(**fields: Any) -> HumanRequest:
    """A refund."""
    given = {"request_id": "a1", "action": "refund", "title": "Refund", "headline": "refund · 5 USD", **fields}
    return HumanRequest(arguments={"amount": 5}, **given)


def asked(expires_in_minutes: int = 60, **fields: Any) -> CaseMemory:
    """A case with an open approval."""
    found = memory(CaseStatus.AWAITING_APPROVAL)
    found.ask(request(expires_in_minutes=expires_in_minutes, **fields), NOW)
    return found


def decide(intake: Intake, wanted: DecisionInput) -> Approval:
    """The decision of somebody who may."""
    approval = intake.undecided(wanted, NOW)
    return intake.settle(approval, Permit(decision=draft(approval, wanted, NOW, "decide")), NOW, SOURCE)


def sent(message_id: str = "m-1", text: str = "Are you there?") -> dict[str, str]:
    """A message as it comes in."""
    return {"message_id": message_id, "text": text}


def test_a_message_is_taken_once() -> None:
    found = memory()
    intake = Intake(found)
    assert not intake.message(sent(), NOW).duplicate
    assert intake.message(sent(text=" Are you there? "), NOW).duplicate
    assert [one.message_id for one in found.inbox] == ["m-1"]
    with pytest.raises(CaseConflict, match=r"^message_id: 'm-1' was sent before with other text"):
        intake.message(sent(text="Else"), NOW)


@pytest.mark.parametrize(
    "raw", [NOTHING, None, 5, "x", [], {}, {"text": "x"}, {**sent(), "colour": 1}, sent("a b"), sent(text="")]
)
def test_what_is_no_message_is_refused_and_changes_nothing(raw: Any) -> None:
    found = memory()
    before = found.model_dump()
    with pytest.raises(InvalidInput):
        Intake(found).message(raw, NOW)
    assert found.model_dump() == before


def test_a_closed_case_takes_nothing() -> None:
    found = memory()
    found.closing = "ann"
    with pytest.raises(IllegalTransition, match="closed"):
        Intake(found).message(sent(), NOW)


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


def test_a_case_with_a_person_has_its_entries() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    whats = [Intake(found).check_click(name, "a note")[:3] for name in entries(found)]
    assert whats == [("take", None, "a note"), ("finish", None, "a note"), ("hand_back", None, "a note")]


@pytest.mark.parametrize("status", [one for one in CaseStatus if one is not CaseStatus.WITH_HUMAN])
def test_what_people_do_needs_a_case_that_is_with_people(status: CaseStatus) -> None:
    intake = Intake(memory(status))
    acts: list[Callable[[], object]] = [
        lambda: intake.claim(ClaimCase(reviewer="ann"), NOW),
        lambda: intake.reply(PersonReply(reviewer="ann", text="Hi"), NOW),
        lambda: intake.hand_back(HandBack(reviewer="ann", note="n"), NOW),
        lambda: intake.resolve(ResolveCase(reviewer="ann"), NOW),
    ]
    for act in acts:
        with pytest.raises(IllegalTransition, match=rf"the case is {status}, not WithHuman\. Ask for it first"):
            act()


def test_a_case_belongs_to_whoever_took_it() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    intake.claim(ClaimCase(reviewer="ann"), NOW)
    version, audits = found.row.version, len(found.unsaved_audit)
    intake.claim(ClaimCase(reviewer="ann"), NOW)
    assert (found.row.version, len(found.unsaved_audit)) == (version, audits)
    with pytest.raises(IllegalTransition, match=r"^claim: ann has this case already"):
        intake.claim(ClaimCase(reviewer="bea"), NOW)


def test_a_name_is_the_same_however_it_is_written() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    intake.claim(ClaimCase(reviewer="ann"), NOW)
    version = found.row.version
    intake.claim(ClaimCase(reviewer="ANN"), NOW)
    assert (found.row.version, found.row.assignee) == (version, "ann")
    intake.claim(ClaimCase(reviewer="bea", instead_of="Ann"), NOW)
    late: list[Callable[[], object]] = [
        lambda: intake.reply(PersonReply(reviewer="Ann", text="Hi"), NOW),
        lambda: intake.hand_back(HandBack(reviewer="\uff21nn", note="n"), NOW),
        lambda: intake.resolve(ResolveCase(reviewer="ANN"), NOW),
    ]
    for act in late:
        with pytest.raises(IllegalTransition, match="bea has taken this case over from"):
            act()
    with pytest.raises(IllegalTransition, match="bea has this case, not Ann"):
        intake.release(Release(reviewer="Ann"), NOW)
    assert not intake.reply(PersonReply(reviewer="Bea", text="Hi"), NOW).duplicate
    intake.release(Release(reviewer="BEA"), NOW)
    assert found.row.assignee is None


def test_whoever_put_a_case_back_does_not_go_on_under_another_until_they_claim_it_again() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    for name in ("ann", "Ann"):
        intake.claim(ClaimCase(reviewer=name), NOW)
        assert found.lost == []
        intake.release(Release(reviewer=name), NOW)
    assert found.lost == ["Ann"]
    intake.claim(ClaimCase(reviewer="bea"), NOW)
    with pytest.raises(IllegalTransition, match="bea has taken this case over from ann"):
        intake.resolve(ResolveCase(reviewer="ann"), NOW)
    intake.claim(ClaimCase(reviewer="ANN", instead_of="bea"), NOW)
    assert found.lost == ["bea"]
    intake.resolve(ResolveCase(reviewer="ann"), NOW)
    assert found.row.status is CaseStatus.RESOLVED


def test_an_entry_is_good_for_one_holder() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    used: set[str] = set()
    acts: list[Callable[[], object]] = [
        lambda: intake.claim(ClaimCase(reviewer="ann"), NOW),
        lambda: intake.claim(ClaimCase(reviewer="bea", instead_of="ann"), NOW),
        lambda: intake.release(Release(reviewer="bea"), NOW),
        lambda: intake.reply(PersonReply(reviewer="cy", text="Hi"), NOW),
        lambda: intake.claim(ClaimCase(reviewer=NOBODY, instead_of="cy"), NOW),
        lambda: intake.claim(ClaimCase(reviewer="ann", instead_of=NOBODY), NOW),
    ]
    for act in acts:
        stale = set(entries(found))
        used |= stale
        act()
        assert used.isdisjoint(entries(found))
        for name in stale:
            with pytest.raises(ApprovalRefused, match=r"nothing here is called .* Open now: .*2 · Resolve"):
                intake.check_click(name, None)
    assert NOBODY not in found.lost


def test_a_click_that_hands_back_does_not_reach_the_next_holder() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    intake.claim(ClaimCase(reviewer="ann"), NOW)
    click = next(name for name in entries(found) if name.startswith("3 · "))

    async def identified(activity: str, seen: SentDecision, *_: Any) -> Decision:
        intake.claim(ClaimCase(reviewer="bea", instead_of="ann"), NOW)
        return seen.decision

    async def clicked() -> None:
        await Desk(found, intake).click(click, "found it", SOURCE, click)

    with (
        patch("workflows.handlers.authorize._checked", identified),
        patch("workflows.handlers.authorize.workflow.now", return_value=NOW),
        pytest.raises(IllegalTransition, match="changed hands meanwhile"),
    ):
        asyncio.run(clicked())
    assert (found.handed_back, found.row.assignee) == (None, "bea")


def test_a_reply_counts_once_and_swallows_no_other() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    reply = PersonReply(reviewer="ann", text="Hi", message_id="r-1")
    assert not intake.reply(reply, NOW).duplicate
    assert intake.reply(reply, NOW).duplicate
    for other in (reply.model_copy(update={"text": "Else"}), reply.model_copy(update={"message_id": "m-0"})):
        with pytest.raises(CaseConflict, match="message_id"):
            intake.reply(other, NOW)
    with pytest.raises(CaseConflict, match="message_id"):
        intake.message(sent("r-1", "Hi"), NOW)
    assert [one.text for one in found.messages] == ["Hi"]


def test_handing_back_needs_a_note_and_resolving_does_not() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    with pytest.raises(InvalidInput, match=r"^note: "):
        Intake(found).hand_back(HandBack(reviewer="ann", note="\u200b"), NOW)
    Intake(found).hand_back(HandBack(reviewer="ann", note=" found it "), NOW)
    assert found.handed_back == "ann\nfound it"
    with pytest.raises(IllegalTransition):
        Intake(found).resolve(ResolveCase(reviewer="ann"), NOW)
    ended = memory(CaseStatus.WITH_HUMAN)
    Intake(ended).resolve(ResolveCase(reviewer="ann", reply=" Bye "), NOW)
    assert (ended.row.status, ended.row.reply, ended.messages[-1].text) == (CaseStatus.RESOLVED, "Bye", "Bye")


@pytest.mark.parametrize("reviewer", ["", " ", "a\nb", "\u2800", "a\x00b"])
def test_people_have_names(reviewer: str) -> None:
    with pytest.raises(InvalidInput, match="reviewer"):
        by_person(ClaimCase, {"reviewer": reviewer})


def test_a_wish_for_a_person_counts_but_not_twice() -> None:
    found = asked()
    Intake(found).ask_for_person("Please.")
    assert found.interruption is not None
    there = memory(CaseStatus.WITH_HUMAN)
    Intake(there).ask_for_person("Please.")
    assert there.interruption is None


@pytest.mark.parametrize(("raw", "closing"), [(None, "ann"), ({}, "ann"), ("spam", "ann\nspam")])
def test_closing_takes_nothing_or_a_note(raw: Any, closing: str) -> None:
    found = memory()
    Intake(found).close("ann", as_json(raw))
    assert found.closing == closing


@pytest.mark.parametrize("raw", [5, [], {"case": "c"}, True, "\x00"])
def test_closing_takes_nothing_else(raw: Any) -> None:
    found = memory()
    with pytest.raises(InvalidInput, match=r"^input: "):
        Intake(found).close("ann", as_json(raw))
    assert found.closing is None


@pytest.mark.parametrize("value", [None, 5, "ä\n", [1.5], {"a": {"b": [True]}}, 10**17])
def test_plain_json_comes_through_as_it_is(value: Any) -> None:
    assert value_of(as_json(value)) == value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no JSON from line 1, column 1"),
        (b"{]", "is no JSON"),
        (b'"\xff"', "byte 1 is not UTF-8"),
        (b"NaN", "NaN, which is no number"),
        (b"[-Infinity]", "-Infinity, which is no number"),
        (b"1e999", "1e999, which is no number"),
        (b"9" * 5_000, "a number of 5,000 digits"),
        (b'{"a": 1, "a": 1}', "a is there twice"),
        (b"[" * 100_000, "nested more than 16 levels"),
        (b"[" * 17 + b"]" * 17, "nested more than 16 levels"),
        (b'"\\ud800"', r"the character U\+D800"),
        (b'{"\\u0000": 1}', r"the character U\+0000"),
        (b'"' + b"a" * 200_000 + b'"', "has 200,002 bytes, at most 131,072"),
    ],
)
def test_other_json_is_refused_with_what_is_wrong(data: bytes, words: str) -> None:
    raw = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data))
    with pytest.raises(InvalidInput, match=f"^input: .*{words}"):
        value_of(raw)


def test_a_flood_is_refused_before_it_is_too_much() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    refused: HandrailError | None = None
    for number in range(5_000):
        try:
            intake.message(sent(f"flood-{number}", "é" * 8_000), NOW)
        except IllegalTransition as error:
            refused = error
            break
    assert refused is not None
    assert "Send it again once they are answered" in str(refused)
    assert 60 < len(found.inbox) < 250
    assert found.waiting <= BYTES_WAITING
    take_inbox(found)
    # What waits travels in no payload as a whole: it is recorded in parts, and the case carries the newest messages only.
    while found.unsaved_messages:
        part = found.commit()
        assert len(part.model_dump_json().encode()) < 1_000_000
        found.saved(part)
    assert len(found.model_dump_json().encode()) < 1_000_000


def test_a_hand_back_may_name_what_the_case_is_about() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    *_, back = entries(found)
    click = Intake(found).check_click
    assert click(back, {"note": " found it ", "topic": "refund"})[2:] == ("found it", "refund")
    assert click(back, {"topic": "refund"})[2:] == (None, "refund")
    wrongs: list[Any] = [{"topic": 7}, {"note": []}, {"topic": "refund", "amount": 5}, ["refund"]]
    for wrong in wrongs:
        with pytest.raises(InvalidInput, match=r'or \{"note": "…", "topic": "NAME"\}'):
            click(back, wrong)
    with pytest.raises(InvalidInput, match=r"for example \"amount is wrong\"\.$"):
        click(next(iter(entries(found))), {"topic": "refund"})


def test_a_case_that_came_back_goes_again_only_under_another_topic() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    found.row = found.row.model_copy(update={"topic": "refund"})
    found.stuck, found.reasons, found.returned = True, ["low_confidence"], {"low_confidence": "ann"}
    for topic in (None, "refund"):
        with pytest.raises(IllegalTransition, match="for the same reason again"):
            Intake(found).hand_back(HandBack(reviewer="ann", note="Again.", topic=topic), NOW)
    Intake(found).hand_back(HandBack(reviewer="ann", note="It is an address.", topic="change_address"), NOW)
    returns.hand_back(found, "ann", found.handed_back_topic)
    assert (found.row.topic, found.stuck, found.returned) == ("change_address", False, {})
