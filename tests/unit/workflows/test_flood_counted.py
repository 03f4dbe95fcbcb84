"""A message costs a case the same whether two hundred wait or four hundred; calls are counted, not seconds."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.messages import Author, IncomingMessage, Message
from workflows.handlers.commands import Intake
from workflows.memory.case import CaseMemory
from workflows.memory.tally import Tally
from workflows.memory.transcript import bulk
from workflows.steps.record import take_inbox

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = "Lamp 12.50 €, order O-10021, 3 Mill Lane. "


def memory() -> CaseMemory:
    """A case that people have."""
    opened = CaseOpen(case_id="c", customer_id="C", message=IncomingMessage(message_id="m-0", text="Hello"))
    found = CaseMemory.of(opened, NOW)
    found.inbox = []
    found.become(CaseStatus.WITH_HUMAN, NOW)
    return found


def signals(count: int) -> list[RawValue]:
    """Messages as the handler receives them, each other words."""
    given = [{"message_id": f"f-{number}", "text": f"{number}: {WORDS * 5}"} for number in range(count)]
    return [RawValue(Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(one).encode())) for one in given]


def calls(act: Callable[[], Any]) -> int:
    """Count what `act` calls, steps of generators among it."""
    counted, before = 0, sys.getprofile()

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return counted


def taken_in(found: CaseMemory, sent: list[RawValue]) -> None:
    """What the signal's handler does for each."""
    for one in sent:
        assert found.room
        Intake(found).any_message(one, NOW)
    assert len(found.inbox) == len(sent)


def recorded(found: CaseMemory) -> None:
    """What the loop does, and what each signal that waits for room asks meanwhile."""
    take_inbox(found)
    while found.unsaved_messages:
        found.saved(found.commit())
        assert found.room


def per_message(count: int) -> tuple[float, float]:
    """Calls for each message, to take it in and to record it."""
    found, sent = memory(), signals(count)
    taking = calls(lambda: taken_in(found, sent))
    recording = calls(lambda: recorded(found))
    return taking / count, recording / count


def test_a_message_costs_the_same_however_many_wait() -> None:
    per_message(10)  # so that nothing is counted that is done once
    few, many = per_message(200), per_message(400)
    assert many[0] < 1.05 * few[0]
    assert many[1] < 1.05 * few[1]


def said(number: int, text: str) -> Message:
    """A message of the customer's."""
    return Message(message_id=f"s-{number}", author=Author.CUSTOMER, text=text, at=NOW, turn=1)


def test_a_count_that_goes_on_is_the_count_from_the_beginning() -> None:
    chance, messages, tally = random.Random(7), list[Message](), Tally(bulk)
    for number in range(500):
        match chance.randrange(6):
            case 0:
                messages = messages[chance.randrange(3) :]
            case 1 if messages:
                messages.pop()
                messages.append(said(number, "é" * chance.randrange(900)))
            case 2 if messages:
                messages.pop()
            case 3:
                messages = tally.newest(messages, 9_000, 12)
                assert len(messages) <= 12
            case _:
                messages.append(said(number, "a" * chance.randrange(900)))
        if chance.randrange(3):
            assert tally.total(messages) == bulk(one.text for one in messages)


def test_two_memories_of_the_same_are_equal_however_they_counted() -> None:
    one = memory()
    Intake(one).any_message(signals(1)[0], NOW)
    other = one.model_copy(deep=True)
    assert one.waiting
    assert other == one
    assert other.waiting == one.waiting
