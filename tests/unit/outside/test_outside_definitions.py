"""`tools.yaml`, pins and schemas: what is refused, in which words, and how the rest of the house reads them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from handrail.business import Business, load_business
from handrail.checking.names import given_with
from handrail.cli.case.edits import kinds
from handrail.desk.forms import fields
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.shapes import FactType, Object
from handrail.outside.arguments import arguments_of
from handrail.outside.definitions import read_definitions
from handrail.outside.loading import with_outside
from handrail.outside.pinning import Pin, ToolDefinition, differences, read_pins, write_pin
from handrail.outside.references import hiding, resolved, secrets
from handrail.outside.schemas import check
from handrail.policies.names import of_business
from handrail.topics.loader import FileTopics
from tests.support.outside.bookings import BOOKING, NUMBER, REFUND
from tests.support.outside.listing import GET, listed
from tests.support.outside.listing import REFUND as REFUND_TERMS

URL = {"url": "http://127.0.0.1:9/mcp"}
NOON = "2026-05-04T12:00:00Z"


def pin(folder: Path, name: str, schema: dict[str, Any], words: str = "A tool.") -> None:
    definition = ToolDefinition(name=name, description=words, input_schema=schema)
    made = {"server": "hotel", "hash": definition.hash, "pinned_by": "ann", "pinned_at": NOON, "definition": definition}
    write_pin(folder, name, Pin.model_validate(made))


@pytest.fixture
def business(tmp_path: Path) -> Business:
    """The example shop with two tools of the hotel; no server is there."""
    listed(tmp_path, URL, GET, REFUND_TERMS)
    pin(tmp_path, "get_booking", {**BOOKING, **NUMBER}, "A booking by its number.")
    pin(tmp_path, "refund_booking", REFUND)
    return with_outside(load_business("handrail.shop"), tmp_path)


@pytest.mark.parametrize(
    ("server", "tool", "words"),
    [
        ({"url": "file:///etc/passwd"}, GET, "is no address. Write https://HOST/PATH"),
        ({"url": "http://user:pw@127.0.0.1/mcp"}, GET, "without user, password"),
        ({"url": "http://127.0.0.1/${HOST}"}, GET, "is no address"),
        ({}, GET, "needs exactly one of url and command"),
        ({**URL, "headers": {"Authorization": "Bearer abc"}}, GET, "holds a secret in the file"),
        (URL, {**GET, "owner": None}, "nothing says whose data get_booking is about"),
        (URL, {**GET, "key_argument": "id"}, "key_argument is for effects"),
        (URL, {**GET, "server": "other"}, "there is no server 'other'. Known: hotel"),
        (URL, {**REFUND_TERMS, "key_header": "Idempotency-Key"}, "there is one key"),
        (URL, {**REFUND_TERMS, "first": [{"read": "get_guest"}]}, "'get_guest' is no read that is listed here"),
        (URL, {**REFUND_TERMS, "fixed": {"guest": "C-1"}}, "guest is filled twice"),
        (URL, {**GET, "readOnlyHint": True}, "is no key that is known here"),
    ],
)
def test_terms_that_cannot_be_used(tmp_path: Path, server: dict[str, Any], tool: dict[str, Any], words: str) -> None:
    listed(tmp_path, server, {name: value for name, value in tool.items() if value is not None})
    with pytest.raises(DefinitionInvalid, match=r"tools\.yaml:[0-9]+: ") as refused:
        read_definitions(tmp_path)
    assert words in str(refused.value)


def test_a_tool_that_nobody_pinned_keeps_the_business_from_starting(tmp_path: Path) -> None:
    listed(tmp_path, URL, GET)
    with pytest.raises(DefinitionInvalid, match=r"get_booking is not pinned\. Look at it with `handrail tools check get_book"):
        with_outside(load_business("handrail.shop"), tmp_path)


def test_a_pin_changed_by_hand_is_no_pin(tmp_path: Path) -> None:
    pin(tmp_path, "get_booking", BOOKING | NUMBER)
    file = tmp_path / "tools.lock.json"
    file.write_text(file.read_text().replace("A tool.", "Send everything."))
    with pytest.raises(DefinitionInvalid, match="get_booking was changed by hand"):
        read_pins(tmp_path)


def test_terms_must_fit_what_was_pinned(tmp_path: Path) -> None:
    listed(tmp_path, URL, GET, {**REFUND_TERMS, "key_argument": "idempotency"})
    pin(tmp_path, "get_booking", BOOKING | NUMBER)
    pin(tmp_path, "refund_booking", REFUND)
    with pytest.raises(DefinitionInvalid, match=r"refund_booking: idempotency is no argument of it\. Known: booking, amount"):
        with_outside(load_business("handrail.shop"), tmp_path)


def test_policies_forms_and_topics_know_the_tool(business: Business, tmp_path: Path) -> None:
    names = of_business(business)
    assert names.arguments["refund_booking"]["amount"] is FactType.NUMBER
    assert names.arguments["refund_booking"]["booking"] is FactType.TEXT
    assert names.arguments["refund_booking"]["note"] is FactType.TEXT
    assert not isinstance(names.arguments["refund_booking"].get("to"), Object)
    assert names.facts["paid"] is FactType.MONEY
    assert names.facts["history.refund_booking.sum_amount_30d"] is FactType.NUMBER
    given = given_with(business.by_name["refund_booking"])
    assert given is not None
    assert "paid" in given
    assert "amount" not in given, "so a limit over the argument is one that the check of the business names"
    schema = business.by_name["refund_booking"].schema
    assert not {"guest", "request_id"} & set(schema["properties"])
    form = {one.name: one for one in fields(schema, {"booking": "B-1", "amount": 30, "to": {"iban": "DE1"}})}
    assert {name: one.kind for name, one in form.items()} == {
        "booking": "text",
        "amount": "number",
        "note": "text",
        "to": "json",
    }
    assert (form["note"].nullable, form["booking"].required) == (True, True)
    assert kinds(schema["properties"]["to"], schema) == {"object"}
    topics = tmp_path / "topics"
    topics.mkdir()
    (topics / "bookings.yaml").write_text(
        "name: bookings\ndescription: Bookings.\ntools: [get_booking, refund_booking]\nlanguages: [en]\nprompt: Help.\n"
        "examples: [refund my booking, what about my booking, cancel booking B-1, money back please, my booking B-2]\n"
    )
    assert FileTopics(topics, business.by_name).all()[0].tools == ["get_booking", "refund_booking"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"booking": "B-1"}, "amount: is missing"),
        ({"booking": "B-1; drop", "amount": 3}, "booking: does not fit pattern"),
        ({"booking": "B-1", "amount": "secretname"}, "amount: has to be a number"),
        ({"booking": "B-1", "amount": 6_000}, "amount: does not fit maximum 5000"),
        ({"booking": "B-1", "amount": 3, "guest": "C-2"}, "guest: is no argument of this tool"),
        ({"booking": "B-1", "amount": 3, "to": {"iban": "x", "card": 1}}, "to: fits none of the 2 forms"),
        ({"booking": "B-1", "amount": 3, "note": 7}, "note: has to be a string or null"),
    ],
)
def test_arguments_that_do_not_fit(given: dict[str, Any], words: str) -> None:
    model = arguments_of("refund_booking", REFUND, {"guest", "request_id"})
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    assert words in refused.value.errors()[0]["msg"]
    assert "secretname" not in refused.value.errors()[0]["msg"]
    assert model.model_validate({"booking": "B-1", "amount": "39.90"}).root == {"booking": "B-1", "amount": 39.9}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"properties": {"a": {"$ref": "http://127.0.0.1/x.json"}}}, "leaves the schema; nothing is fetched"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "points at nothing"),
        ({"properties": {"a": {"pattern": "(?=b)"}}}, "is not supported: it looks ahead"),
        ({"properties": {"a": {"type": "money"}}}, "is no JSON schema 2020-12"),
        ({"type": "array"}, "its root has another type"),
        ({"patternProperties": {".*": {}}}, "patternProperties is not supported"),
        ({"properties": {"a": {"description": "x" * 70_000}}}, "at most 64,000 are taken"),
    ],
)
def test_schemas_that_cannot_be_held_to(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=r"^schema: ") as refused:
        check(schema)
    assert words in str(refused.value)


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {"$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}}
    schema = {"type": "object", "properties": {"root": {"$ref": "#/$defs/node"}}, **tree}
    check(schema)
    model = arguments_of("walk", schema, set())
    assert model.model_json_schema()["$defs"]["node"]["properties"]["next"] == {"$ref": "#/$defs/node"}
    assert model.model_validate({"root": {"next": {"next": {}}}}).root == {"root": {"next": {"next": {}}}}


def test_a_difference_is_shown_line_by_line() -> None:
    old = ToolDefinition(name="a", description="one", input_schema={"type": "object"})
    new = old.model_copy(update={"description": "two"})
    lines = differences(old, new)
    assert ' "description": "one",' in lines[3] or '- "description": "one",' in lines
    assert '+ "description": "two",' in lines
    assert json.loads("".join(line[1:] for line in differences(None, old)[3:]))["name"] == "a"


def test_secrets_come_from_the_environment_and_stay_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTEL_TOKEN", "s3cret-of-the-hotel")
    header = {"Authorization": "Bearer ${HOTEL_TOKEN}"}
    assert resolved(header, os.environ) == {"Authorization": "Bearer s3cret-of-the-hotel"}
    assert hiding("you sent s3cret-of-the-hotel", secrets(header.values(), os.environ)) == "you sent [hidden]"
    monkeypatch.setenv("HOTEL_TOKEN", "line\nbreak")
    with pytest.raises(DefinitionInvalid, match="HOTEL_TOKEN holds what no header may"):
        resolved(header, os.environ)
    monkeypatch.delenv("HOTEL_TOKEN")
    with pytest.raises(DefinitionInvalid, match="the variable HOTEL_TOKEN is not set"):
        resolved(header, os.environ)
