"""Claims, replies and hand-backs that come in, of whoever holds the case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from handrail.domain.actions.approvals import (
    Decision,
    SentDecision,
)
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import ApprovalRefused, CaseConflict, IllegalTransition, InvalidInput
from handrail.domain.team.commands import NOBODY, ClaimCase, HandBack, PersonReply, Release, ResolveCase
from tests.support.memories import NOW, SOURCE, memory, sent
from workflows.handlers.authorize import Desk
from workflows.handlers.commands import Intake
from workflows.handlers.payloads import by_person
from workflows.page.entries import entries


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


def test_a_reply_that_was_taken_is_a_duplicate_whatever_the_case_has_come_to() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake, said = Intake(found), PersonReply(reviewer="ann", text="Hi", message_id="r-1")
    intake.reply(said, NOW)
    intake.resolve(ResolveCase(reviewer="ann"), NOW)
    before = found.model_dump()
    again = intake.reply(said, NOW)
    assert (again.message_id, again.duplicate, again.status) == ("r-1", True, CaseStatus.RESOLVED)
    assert found.model_dump() == before
    with pytest.raises(CaseConflict):
        intake.reply(said.model_copy(update={"text": "Bye"}), NOW)
    with pytest.raises(IllegalTransition, match="the case is Resolved, not WithHuman"):
        intake.reply(said.model_copy(update={"message_id": "r-2"}), NOW)


def test_who_hands_back_twice_hears_that_it_was_handed_back() -> None:
    found = memory(CaseStatus.WITH_HUMAN)
    intake = Intake(found)
    intake.claim(ClaimCase(reviewer="ann"), NOW)
    intake.hand_back(HandBack(reviewer="ann", note="n"), NOW)
    acts: list[Callable[[], object]] = [
        lambda: intake.hand_back(HandBack(reviewer="ann", note="n"), NOW),
        lambda: intake.resolve(ResolveCase(reviewer="ann"), NOW),
    ]
    for act in acts:
        with pytest.raises(IllegalTransition, match="the case is just being handed back, passed on or closed"):
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
