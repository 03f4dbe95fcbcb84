"""First messages in every form that a backend may send: none is lost, and what is doubtful is for a person."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.domain.case.messages import MAX_CHARACTERS, parts_of
from handrail.domain.case.openings import Opening, read_message, read_opening
from handrail.domain.errors import InvalidInput
from tests.postgres.build import NOON

PLAIN: dict[str, Any] = {"case_id": "c-1", "customer_id": "C-14", "message": {"message_id": "m-1", "text": "Where is it?"}}
LONG = "Where is my parcel? " * 402


def read(*given: Any, workflow_id: str = "case-c-1") -> Opening:
    return read_opening(given, workflow_id)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in PLAIN.items() if key != name}


def test_the_contracts_form_is_plain() -> None:
    found = read(PLAIN)
    assert (found.odd, found.rest, found.why) == ([], [], "")
    assert found.digest == found.case.content_digest()


@pytest.mark.parametrize(
    "given",
    [
        {**PLAIN, "message": {"text": "Where is it?"}},
        {**PLAIN, "message": {"message_id": None, "text": "Where is it?"}},
        {**PLAIN, "message": "Where is it?"},
        {**PLAIN, "channel": None},
        without("case_id"),
        {**without("message"), "text": "Where is it?"},
    ],
)
def test_what_can_mean_one_thing_only_is_for_the_agent(given: dict[str, Any]) -> None:
    found = read(given)
    assert found.odd == []
    assert (found.case.customer_id, found.case.message.text) == ("C-14", "Where is it?")
    assert found.case.message.message_id.startswith(("open-", "m-1"))


def test_each_oddity_is_said_once() -> None:
    found = read([[{**without("customer_id"), "customer": "C-14", "message": {"body": "Hello?", "x": 1}, "y": 2}]])
    assert found.odd == [
        "input: is a list. Send the JSON object alone.",
        "'customer': was taken as customer_id. Name it so.",
        "'body': was taken as text. Name it so.",
        "'x': not known in a message. Leave it out.",
        "'y': not known here. Leave it out.",
    ]
    assert found.why.count("Name it so.") == 2
    assert read_message({"body": "Hello?"}, "m-9").odd == ["'body': was taken as text. Name it so."]


def test_numbers_as_ids_are_the_ids() -> None:
    found = read({"case_id": 7, "customer_id": 14, "message": {"message_id": 3, "text": "Hello?"}}, workflow_id="case-7")
    assert (found.case.case_id, found.case.customer_id, found.case.message.message_id) == ("7", "14", "3")
    assert found.odd == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([{**PLAIN, "case_id": "another"}], "case_id: 'another' does not go with the workflow id"),
        ([{**PLAIN, "customer_id": "C 14"}], "customer_id: 'C 14' is not an id"),
        ([{**PLAIN, "customer_id": "x" * 500}], "is not an id"),
        ([{**without("customer_id"), "customer": "C-14"}], "'customer': was taken as customer_id"),
        ([{**without("customer_id"), "customerId": "C-14"}], "'customerId': was taken as customer_id"),
        ([{**without("customer_id"), "customer": {"id": "C-14", "name": "Ann"}}], "customer_id: is an object"),
        ([{**PLAIN, "customer_id": ["C-14"]}], "customer_id: is a list"),
        ([{**PLAIN, "channel": "c" * 500}], "channel: "),
        ([{**PLAIN, "priority": "high"}], "'priority': not known here"),
        (
            [{**PLAIN, "message": {"message_id": "m-1", "text": "Where is it?", "lang": "en"}}],
            "'lang': not known in a message",
        ),
        ([{**PLAIN, "message": {"message_id": "a b", "text": "Where is it?"}}], "message_id: 'a b' is not an id"),
        ([{**PLAIN, "message": {"messageId": "m-1", "body": "Where is it?"}}], "'body': was taken as text"),
        ([{**PLAIN, "message": {"message_id": "m-1", "words": "Where is it?"}}], "was taken as the message's text"),
        ([{**without("message"), "question": "Where is it?"}], "'question': was taken as the message's text"),
        ([{**PLAIN, "message": ["Where", "is it?"]}], "message: are 2 values"),
        ([{**PLAIN, "message": {"message_id": "m-1", "text": "Where\x00 is it?"}}], "no text"),
        ([{**PLAIN, "message": {"message_id": "m-1", "text": "Where is it? \ud83d"}}], "no text"),
        ([{**PLAIN, "message": {"message_id": "m-1", "text": LONG}}], "text: has 8,039 characters"),
        ([PLAIN, {"more": 1}], "input: are 2 values"),
        (["c-1", PLAIN], "input: are 2 values"),
        ([[PLAIN]], "input: is a list"),
        (
            ['{"case_id": "c-1", "customer_id": "C-14", "message": {"message_id": "m", "text": "Where is it?"}}'],
            "within a text",
        ),
    ],
)
def test_what_is_doubtful_or_cut_is_a_case_for_a_person(given: list[Any], why: str) -> None:
    found = read(*given)
    assert why in found.why, found.why
    assert found.case.case_id == "c-1"
    assert "Where" in found.case.message.text
    assert 1 <= len(found.case.message.text) <= MAX_CHARACTERS
    assert 1 <= len(found.case.customer_id) <= 120


@pytest.mark.parametrize(
    ("given", "workflow_id", "why"),
    [
        ([], "case-c-1", "names no customer"),
        ([None], "case-c-1", "input: is nothing"),
        (["Please refund me"], "case-c-1", "input: is a str"),
        ([7], "case-c-1", "input: is a int"),
        ([without("customer_id")], "case-c-1", "customer_id: is missing"),
        ([{**PLAIN, "customer_id": None}], "case-c-1", "customer_id: is missing"),
        ([{**PLAIN, "customer_id": ""}], "case-c-1", "names no customer"),
        ([{**PLAIN, "customer_id": True}], "case-c-1", "names no customer"),
        ([{**PLAIN, "message": {"message_id": "m", "text": " \u200b"}}], "case-c-1", "text: is empty"),
        ([{**PLAIN, "message": None}], "case-c-1", "text: is empty"),
        ([PLAIN], "anything", "must run under the workflow id 'case-c-1'"),
        ([PLAIN], "case-a b", "is not an id"),
    ],
)
def test_what_cannot_be_a_case_says_what_would_be_right(given: list[Any], workflow_id: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read(*given, workflow_id=workflow_id)


def test_a_long_text_is_kept_whole_in_parts_and_known_by_all_of_it() -> None:
    text = " ".join(f"word{n}" for n in range(3_000))
    found = read({**PLAIN, "message": {"message_id": "m-1", "text": text}})
    parts = parts_of("case-c-1", found.rest, at=NOON, of="m-1")
    said = [found.case.message.text, *(one.text for one in parts)]
    assert "".join(said).replace(" ", "") == text.replace(" ", "")
    assert len({one.message_id for one in parts}) == len(parts) == len(text) // MAX_CHARACTERS
    other = read({**PLAIN, "message": {"message_id": "m-1", "text": text + "!"}})
    assert other.digest != found.digest


def test_two_megabytes_are_read_once_and_fast() -> None:
    import time

    began = time.process_time()
    for filler in ("a", "ä", "1 ", "\n", "\u200b", "\x00", "\u0301"):
        text = "Where is it? " + filler * (2_000_000 // len(filler))
        read({**PLAIN, "message": {"message_id": "m-1", "text": text}})
    assert time.process_time() - began < 12


@pytest.mark.parametrize("given", [None, "", " ", {}, [], True, {"message_id": "m"}, {"text": None}, {"text": []}])
def test_a_later_message_without_text_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput):
        read_message(given, "m-9")


def test_a_later_message_in_any_form_keeps_its_id_or_gets_one() -> None:
    assert read_message("Hello?", "m-9").message.message_id == "m-9"
    assert read_message({"text": "Hello?"}, "m-9").odd == []
    odd = read_message({"message_id": "a b", "text": "Hello?", "x": 1}, "m-9")
    assert odd.message.message_id == read_message({"message_id": "a b", "text": "Else"}, "m-8").message.message_id
    assert len(odd.odd) == 2
