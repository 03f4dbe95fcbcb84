"""The form of an edit: a field for each argument, and of what comes back only what differs."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel

from handrail.desk.forms import changed, fields
from handrail.domain.errors import InvalidInput


class Size(StrEnum):
    """A size to choose."""

    SMALL = "small"
    LARGE = "large"


class Asked(BaseModel):
    """Arguments of every kind that a form has a field for."""

    order_id: str
    amount: Decimal
    count: int = 1
    size: Size = Size.SMALL
    express: bool = False
    note: str | None = None
    lines: list[str] = []


NOW: dict[str, Any] = {
    "order_id": "O-1",
    "amount": "175.00",
    "count": 2,
    "size": "small",
    "express": False,
    "note": None,
    "lines": ["a"],
}
SENT = {
    "argument.order_id": "O-1",
    "argument.amount": "175.00",
    "argument.count": "2",
    "argument.size": "small",
    "argument.note": "",
    "argument.lines": '["a"]',
}


def test_each_argument_has_a_field_of_its_kind() -> None:
    kinds = {field.name: field.kind for field in fields(Asked.model_json_schema(), NOW)}
    assert kinds == {
        "order_id": "text",
        "amount": "number",
        "count": "whole",
        "size": "choice",
        "express": "yes",
        "note": "text",
        "lines": "json",
    }


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, {}),
        ({"argument.amount": " 40.10 "}, {"amount": "40.10"}),
        ({"argument.count": "3"}, {"count": 3}),
        ({"argument.size": "large"}, {"size": "large"}),
        ({"argument.express": "yes"}, {"express": True}),
        ({"argument.note": "gift"}, {"note": "gift"}),
        ({"argument.lines": '["a", "b"]'}, {"lines": ["a", "b"]}),
        ({"argument.unknown": "x"}, {}),
        ({"argument.order_id": " O-1 "}, {}),
    ],
)
def test_what_differs_comes_back_and_nothing_else(sent: dict[str, str], found: dict[str, Any]) -> None:
    assert changed(fields(Asked.model_json_schema(), NOW), {**SENT, **sent}) == found


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"argument.amount": "forty"}, "amount: 'forty' is no number"),
        ({"argument.amount": "NaN"}, "is no number"),
        ({"argument.count": "2.5"}, "is no whole number"),
        ({"argument.amount": "1e99999"}, "is no number"),
        ({"argument.amount": "1_000"}, "is no number"),
        ({"argument.count": "9" * 5_000}, "is no number"),
        ({"argument.lines": "a, b"}, "lines: is no JSON"),
        ({"argument.order_id": " "}, "order_id: is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_fields_name(sent: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        changed(fields(Asked.model_json_schema(), NOW), {**SENT, **sent})


def test_every_language_says_the_same_things() -> None:
    from string import Formatter

    from handrail.desk.words import languages

    def places(words: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(words) if name}

    english = languages()["en"]
    assert set(languages()) == {"en", "de"}
    for language, words in languages().items():
        assert words.keys() == english.keys(), language
        assert {key: places(value) for key, value in words.items()} == {key: places(value) for key, value in english.items()}


def test_lines_come_back_as_they_were_and_a_text_can_be_emptied() -> None:
    class Noted(BaseModel):
        """Texts of both kinds."""

        reason: str = ""
        remark: str | None = None

    now = {"reason": "one\ntwo", "remark": "x"}
    shown = fields(Noted.model_json_schema(), now)
    assert [field.kind for field in shown] == ["lines", "text"]
    assert changed(shown, {"argument.reason": "one\r\ntwo", "argument.remark": "x"}) == {}
    assert changed(shown, {"argument.reason": "", "argument.remark": ""}) == {"reason": "", "remark": None}
