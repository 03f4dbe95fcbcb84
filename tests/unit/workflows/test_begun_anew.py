"""How often a turn has begun anew for changed words: counted for what the customer said last, and for nothing before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.changes import ANEW, CHANGED, EditMessage
from handrail.domain.case.messages import IncomingMessage
from workflows.memory.case import CaseMemory
from workflows.steps.heeding import counted, nothing_to_read
from workflows.steps.last_resort import hand_over
from workflows.steps.record import take_inbox

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.fixture
def memory() -> CaseMemory:
    first = IncomingMessage(message_id="first", text="Refund order A.")
    made = CaseMemory.of(CaseOpen(case_id="c", customer_id="C-1", message=first), NOW)
    made.anew = ANEW
    return made


def test_what_is_read_again_and_its_corrections_count_on(memory: CaseMemory) -> None:
    memory.take(IncomingMessage(message_id="second", text="And order B."), NOW)
    said = take_inbox(memory)
    memory.edit(memory.theirs("first"), EditMessage(message_id="first", text="Refund order C."), NOW)
    memory.unread(said)
    again = counted(memory, take_inbox(memory), said)
    assert [one.message_id for one in again] == ["second", "first~2"]
    assert memory.anew == ANEW


def test_a_message_that_no_turn_began_with_counts_from_zero(memory: CaseMemory) -> None:
    said = take_inbox(memory)
    memory.take(IncomingMessage(message_id="second", text="And order B."), NOW)
    assert counted(memory, take_inbox(memory), said)
    assert memory.anew == 0


def test_where_the_customer_has_the_word_it_counts_from_zero(memory: CaseMemory) -> None:
    memory.retract(memory.theirs("first"), NOW)
    nothing_to_read(memory, NOW)
    assert (memory.row.status, memory.anew) == (CaseStatus.AWAITING_CUSTOMER, 0)


def test_once_a_person_has_the_case_it_counts_from_zero(memory: CaseMemory) -> None:
    take_inbox(memory)
    hand_over(memory, memory.state(), CHANGED, "a test", NOW)
    assert (memory.row.status, memory.anew) == (CaseStatus.WITH_HUMAN, 0)
