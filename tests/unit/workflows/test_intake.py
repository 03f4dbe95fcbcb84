"""Messages, wishes and closings that come in: taken once, or refused with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import CaseConflict, HandrailError, IllegalTransition, InvalidInput
from handrail.domain.team.commands import HandBack
from tests.support.memories import NOW, as_json, asked, memory, sent
from workflows.handlers.commands import Intake
from workflows.handlers.payloads import NOTHING, value_of, wish
from workflows.memory.transcript import BYTES_WAITING
from workflows.page.entries import entries
from workflows.steps import handback as returns
from workflows.steps.record import take_inbox


def test_a_message_is_taken_once() -> None:
    found = memory()
    intake = Intake(found)
    assert not intake.message(sent(), NOW).duplicate
    assert intake.message(sent(text=" Are you there? "), NOW).duplicate
    assert [one.message_id for one in found.inbox] == ["m-1"]
    with pytest.raises(CaseConflict, match=r"^message_id: 'm-1' was sent before with other text"):
        intake.message(sent(text="Else"), NOW)


def test_a_buttons_message_keeps_its_question_however_it_comes() -> None:
    found = memory()
    intake = Intake(found)
    intake.message({**sent(), "answers": "q-1"}, NOW)
    intake.any_message(as_json({**sent("m-2"), "answers": "q-2"}), NOW)
    assert [one.pressed_under for one in found.inbox] == ["q-1", "q-2"]
    assert found.interruption is None
    with pytest.raises(InvalidInput, match=r"^answers: 'a b' is not an id"):
        intake.message({**sent("m-3"), "answers": "a b"}, NOW)


def test_the_parts_of_a_long_message_say_what_they_are_parts_of() -> None:
    found = memory()
    Intake(found).any_message(as_json(sent(text="Where is my parcel? " * 1_000)), NOW)
    assert [one.part_of for one in found.inbox] == [None]
    assert [one.part_of for one in found.unsaved_messages] == ["m-1", "m-1"]


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


def test_a_closed_case_knows_what_it_took_before() -> None:
    found = memory()
    Intake(found).message(sent(), NOW)
    found.closing = "ann"
    assert Intake(found).message(sent(), NOW).duplicate
    assert Intake(found).any_message(as_json(sent()), NOW).duplicate
    with pytest.raises(CaseConflict):
        Intake(found).message(sent(text="Else"), NOW)


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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"reason": "effect_lost", "note": "pay (e-1) is gone"}', "effect_lost"),
        (b'{"reason": "effect_lost"}', "customer_asked"),
        (b'{"reason": "risk", "note": "a"}', "customer_asked"),
        (b'{"note": "a mail"}', "customer_asked"),
        (b'"please"', "customer_asked"),
        (b"null", "customer_asked"),
        (b"nonsense", "customer_asked"),
        (b'{"reason": "effect_lost", "note": "' + b"x" * 300_000 + b'"}', "customer_asked"),
    ],
)
def test_a_wish_for_a_person_counts_whatever_came_with_it(data: bytes, reason: str) -> None:
    words, why = wish(RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data)))
    assert why == reason
    assert ("pay (e-1)" in words) == (reason == "effect_lost")
    assert wish(NOTHING)[1] == "customer_asked"


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
