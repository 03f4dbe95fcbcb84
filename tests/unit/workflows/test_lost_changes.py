"""Edits and withdrawals that only a lost run had taken: found among its remains, and made again in the fresh run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.recovery import unrecorded_changes
from handrail.domain.case.cases import CaseOpen, CaseRow, CaseStatus, Terms
from handrail.domain.case.messages import Author, IncomingMessage, Message, fingerprint, standing
from handrail.domain.case.reconciling import Recovered, Remains, SentChange
from workflows.memory.case import TOO_LATE, CaseMemory

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def said(message_id: str, text: str, **more: object) -> Message:
    about = {"message_id": message_id, "text": text, "author": Author.CUSTOMER, "at": NOW, "turn": 1, **more}
    return Message.model_validate(about)


def to(text: str | None, message_id: str = "first") -> SentChange:
    return SentChange(message_id=message_id, text=text)


def left(changes: list[SentChange], *spoken: Message) -> list[str | None]:
    return [one.text for one in unrecorded_changes(Remains(ended="It ended.", changes=changes), list(spoken))]


def test_what_the_record_says_already_is_not_made_again() -> None:
    first, second = said("first", "A"), said("first~2", "B", corrects="first")
    assert left([to("B"), to("C")], first) == ["B", "C"]
    assert left([to("B"), to("C")], first, second) == ["C"]
    assert left([to("C"), to("A")], first, second) == ["C", "A"], "B came in an earlier run"
    assert left([to("B"), to("A"), to("B")], first, second) == []
    assert left([to("B"), to(None)], first, second) == [None]
    assert left([to("B"), to(None)], said("first", "A", withdrawn_at=NOW)) == []
    assert left([to(" ")], first) == [], "nothing that a case would take"


def recovered(*changes: SentChange, status: CaseStatus = CaseStatus.RESOLVED) -> CaseMemory:
    message = IncomingMessage(message_id="first", text="Refund order A.")
    found = Recovered(
        opened=CaseOpen(case_id="c", customer_id="C-1", message=message),
        terms=Terms(),
        row=CaseRow(case_id="c", customer_id="C-1", status=status, opened_at=NOW, updated_at=NOW),
        messages=[said("first", "Refund order A.")],
        known={"first": fingerprint(Author.CUSTOMER, "Refund order A.")},
        unrecorded=[IncomingMessage(message_id="second", text="And order B.")] if status is CaseStatus.WORKING else [],
        changes=list(changes),
        words="It was lost.",
    )
    memory = CaseMemory.named("c", NOW)
    memory.recover(found, LATER)
    return memory


def test_an_edit_is_made_again_and_a_person_reads_it() -> None:
    memory = recovered(to("Refund order B."), to("Refund order C."))
    assert [one.text for one in standing([*memory.messages, *memory.inbox])] == ["Refund order C."]
    assert memory.interruption is not None
    assert memory.unsaved


def test_a_withdrawal_in_a_case_that_is_over_brings_it_to_nobody() -> None:
    memory = recovered(to(None))
    assert standing([*memory.messages, *memory.inbox]) == []
    assert [one.message_id for one in memory.unsaved_messages] == ["first"]
    assert memory.interruption is None


def test_a_message_that_only_the_lost_run_had_heard_is_changed_too() -> None:
    memory = recovered(to("And order C.", "second"), status=CaseStatus.WORKING)
    assert [one.text for one in standing(memory.inbox)] == ["And order C."]


def test_a_message_too_long_ago_stays_and_the_person_is_told() -> None:
    memory = recovered(to("Something else.", "gone"), status=CaseStatus.AWAITING_CUSTOMER)
    assert memory.interruption is not None
    assert memory.interruption.words == f"It was lost. {TOO_LATE} gone."


def test_an_edit_that_a_later_one_in_the_record_overtook_is_not_made_again() -> None:
    first, second = said("first", "A", edited_at=LATER), said("first~2", "B", corrects="first")
    early, late = (SentChange(message_id="first", text="C", edited_at=at) for at in (NOW, LATER + timedelta(seconds=1)))
    newest = SentChange(message_id="first", text="B", edited_at=LATER)
    assert left([newest, early], first, second) == []
    assert left([newest, late], first, second) == ["C"]
