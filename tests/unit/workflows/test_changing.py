"""What becomes of a message that its customer edits or withdraws, in the memory of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.changes import EditMessage
from handrail.domain.case.messages import Author, IncomingMessage, Message, standing
from handrail.domain.errors import IllegalTransition, InvalidInput, UnknownMessage
from workflows.handlers.changing import edit, withdraw
from workflows.memory.case import CaseMemory
from workflows.steps.record import take_inbox

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def memory() -> CaseMemory:
    first = IncomingMessage(message_id="first", text="Refund order A.")
    made = CaseMemory.of(CaseOpen(case_id="c", customer_id="C-1", message=first), NOW)
    made.fresh = False
    return made


def changed(text: str = "Refund order B.", message_id: str = "first", **more: object) -> dict[str, object]:
    return {"message_id": message_id, "text": text, **more}


def kept(case: CaseMemory) -> list[tuple[str, bool]]:
    return [(one.message_id, one.stands) for one in [*case.messages, *case.inbox]]


def test_what_is_not_read_is_read_as_it_is_now_and_both_are_recorded() -> None:
    case = memory()
    receipt = edit(case, changed(), LATER)
    assert (receipt.message_id, receipt.duplicate, case.changed) == ("first", False, [])
    assert [one.text for one in take_inbox(case)] == ["Refund order B."]
    assert [(one.message_id, one.text, one.edited_at) for one in case.unsaved_messages] == [
        ("first", "Refund order A.", LATER),
        ("first~2", "Refund order B.", None),
    ]


def test_what_was_read_is_corrected_and_whatever_rests_on_it_is_known() -> None:
    case = memory()
    read = take_inbox(case)
    edit(case, changed(), LATER)
    assert [one.message_id for one in case.changed] == ["first"]
    assert [(one.message_id, one.corrects) for one in standing(case.inbox)] == [("first~2", "first")]
    case.unread(read)
    assert kept(case) == [("first", False), ("first~2", True)]
    case.changed = []
    take_inbox(case)
    edit(case, changed("Refund order C."), LATER)
    assert [one.message_id for one in case.changed] == ["first"]
    assert [one.message_id for one in standing(case.inbox)] == ["first~3"]


def test_of_a_long_inbox_everything_that_stands_is_read_again() -> None:
    case = memory()
    for number in range(60):
        case.take(IncomingMessage(message_id=f"m{number}", text=f"And order {number}."), NOW)
    said = take_inbox(case)
    assert len(case.messages) < len(said) == 61
    withdraw(case, {"message_id": "m59"}, LATER)
    case.unread(said)
    assert [one.message_id for one in case.inbox] == ["first", *(f"m{number}" for number in range(59))]
    assert [one.message_id for one in case.messages] == ["m59"]


def test_the_same_and_an_earlier_edit_change_nothing() -> None:
    case = memory()
    assert edit(case, changed("Refund  order A.".replace("  ", " ")), LATER).duplicate
    assert not edit(case, changed(edited_at=LATER.isoformat()), LATER).duplicate
    assert edit(case, changed(edited_at=LATER.isoformat()), LATER).duplicate
    assert edit(case, changed("Refund order D.", edited_at=NOW.isoformat()), LATER).duplicate
    assert [one.text for one in take_inbox(case)] == ["Refund order B."]


def test_an_edit_from_a_clock_that_runs_ahead_keeps_no_later_one_out() -> None:
    case = memory()
    edit(case, changed(edited_at=(LATER + timedelta(days=365)).isoformat()), LATER)
    assert not edit(case, changed("Refund order C."), LATER + timedelta(minutes=1)).duplicate


def test_a_withdrawal_takes_every_version_with_it() -> None:
    case = memory()
    edit(case, changed(), LATER)
    edit(case, changed("Refund order C."), LATER)
    assert not withdraw(case, {"message_id": "first"}, LATER).duplicate
    assert withdraw(case, {"message_id": "first"}, LATER).duplicate
    assert take_inbox(case) == []
    assert all(one.withdrawn_at == LATER for one in case.messages)
    assert case.take(IncomingMessage(message_id="first", text="Refund order A."), LATER) is False
    with pytest.raises(IllegalTransition, match="was withdrawn"):
        edit(case, changed(), LATER)


def test_a_mark_that_comes_while_the_message_is_written_is_written_next() -> None:
    case = memory()
    case.take(IncomingMessage(message_id="second", text="And order B."), NOW)
    take_inbox(case)
    writing = case.commit()
    withdraw(case, {"message_id": "second"}, LATER)
    case.saved(writing)
    assert [(one.message_id, one.withdrawn_at) for one in case.unsaved_messages] == [("second", LATER)]
    case.saved(case.commit())
    assert case.unsaved_messages == []


def test_what_is_not_theirs_is_refused() -> None:
    case = memory()
    case.say(Message(message_id="bea", author=Author.PERSON, text="Hello", at=NOW, turn=1))
    for message_id, kind in (("bea", IllegalTransition), ("nobody", UnknownMessage), ("~1", InvalidInput)):
        with pytest.raises(kind):
            edit(case, changed(message_id=message_id), LATER)
        with pytest.raises(kind):
            withdraw(case, {"message_id": message_id}, LATER)
    case.seen["old"] = "of long ago"
    with pytest.raises(UnknownMessage, match="too long ago"):
        withdraw(case, {"message_id": "old"}, LATER)
    case.become(CaseStatus.CLOSED, NOW)
    with pytest.raises(IllegalTransition, match="closed"):
        edit(case, changed(), LATER)


def test_what_a_parked_case_carries_on_knows_its_changes() -> None:
    case = memory()
    take_inbox(case)
    edit(case, changed(), LATER)
    again = CaseMemory.model_validate(case.model_dump(mode="json"))
    assert kept(again) == kept(case)
    assert again.changed == case.changed
    assert case.newest_of(case.theirs("first")).text == EditMessage(**changed()).text


def test_an_edit_that_comes_again_and_again_takes_no_more_room() -> None:
    case = memory()
    wanted = changed(edited_at=LATER.isoformat())
    edit(case, wanted, LATER)
    once = case.model_dump()
    for _ in range(3):
        assert edit(case, wanted, LATER).duplicate
    assert case.model_dump() == once
