"""YAML is read with its lines; whatever is not plain is refused at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from handrail.definitions import Document
from handrail.domain.base import Model
from handrail.domain.errors import DefinitionInvalid

FILE = Path("some.yaml")


class Part(Model):
    size: int
    tags: list[str] = Field(default_factory=list)


class Whole(Model):
    name: str
    parts: list[Part] = Field(default_factory=list)


def read(text: str) -> Document:
    return Document.of(FILE, text.encode())


def test_every_key_and_item_knows_its_line() -> None:
    document = read("name: a\nparts:\n  - size: 1\n  - size: 2\n    tags: [x,\n      y]\n")
    assert document.data == {"name": "a", "parts": [{"size": 1}, {"size": 2, "tags": ["x", "y"]}]}
    assert document.problem("no", "parts", 1, "tags", 1) == "some.yaml:6: no"
    assert document.problem("no", "parts", 1, "absent") == "some.yaml:4: no"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("010", 10),
        ("1_000", "1_000"),
        ("2026-11-02", "2026-11-02"),
        ("true", True),
        ("99.995", 99.995),
        ("~", None),
        ("'100'", "100"),
        ("-3", -3),
        ("1e3", 1000.0),
        ("<<", "<<"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    """YAML 1.1 makes Norway false, half past twelve 750 and 010 eight."""
    found = read(f"key: {text}").data["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands here twice"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "Correct this line"),
        ("a: &x 1\nb: *x\n", 2, "alias"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: 1\n? [x]\n: 2\n", 2, "plain word"),
        ("a: 1\n---\nb: 2\n", 2, "Correct this line"),
        ("a: 'open\n", 2, "Correct this line"),
        ("a:\n\t- c\n", 2, "Correct this line"),
    ],
)
def test_what_is_not_plain_is_refused_at_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read(text)
    assert str(refused.value).startswith(f"some.yaml:{line}: ")
    assert words in str(refused.value)


def test_bytes_that_are_no_text_are_refused_at_their_line() -> None:
    with pytest.raises(DefinitionInvalid, match=r"^some.yaml:2: is not UTF-8\. Save the file as UTF-8\.$"):
        Document.of(FILE, b"a: 1\nb: \xff\n")
    with pytest.raises(DefinitionInvalid, match=r"^some.yaml:1: is not YAML"):
        Document.of(FILE, b"a: \x00")


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(DefinitionInvalid, match="nested too deeply"):
        read("[" * 5_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parts: []\n", ["some.yaml:1: name: is missing. Add it."]),
        ("name: 1.0\n", ["some.yaml:1: name: 1.0 is no text. Put a text there, in quotes where it looks like a number."]),
        ("name: a\nnme: b\n", ["some.yaml:2: nme: is no key that is known here. Known: name, parts."]),
        (
            "name: a\nparts:\n  - size: 1\n    sze: 2\n  - tags: []\n",
            [
                "some.yaml:4: parts.0.sze: is no key that is known here. Known: size, tags.",
                "some.yaml:5: parts.1.size: is missing. Add it.",
            ],
        ),
        ("", ["some.yaml:1: holds no keys. At least these are needed: name."]),
        ("- a\n- b\n", ["some.yaml:1: holds no keys. At least these are needed: name."]),
    ],
)
def test_every_problem_is_named_with_line_and_remedy(text: str, expected: list[str]) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read(text).parse(Whole)
    assert str(refused.value).splitlines() == expected


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_content_is_read_or_refused(content: str | bytes) -> None:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    try:
        Document.of(FILE, raw)
    except DefinitionInvalid as refused:
        assert str(refused).startswith("some.yaml:")  # noqa: PT017 -- either outcome is right
