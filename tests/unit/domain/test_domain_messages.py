"""What may be said at all."""

from __future__ import annotations

import string
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.case.messages import (
    _HIDDEN,
    MAX_CHARACTERS,
    OURS,
    IncomingMessage,
    _no_text,
    check_identifier,
    check_message,
    check_name,
    check_text,
    is_plain,
    without_controls,
)
from handrail.domain.errors import InvalidInput


def tried(check: Callable[[], str], field: str) -> str | None:
    """What the check gives, or None where it refuses in short words that begin with the field."""
    words, clean = "", None
    try:
        clean = check()
    except InvalidInput as refused:
        words = str(refused)
    assert clean is not None or (words.startswith(field) and len(words) < 300)
    return clean


@pytest.mark.parametrize(
    "text",
    ["Hello", "a\nb\tc", "שלום", "مرحبا\u200f!", "私の注文", "👨‍👩‍👧", "\U0001fa77", "\uf8ff", "?", "می‌خواهم", "e\u0301"],
)
def test_text_of_any_script_is_text(text: str) -> None:
    assert check_text("text", text)


@pytest.mark.parametrize(
    "text", ["", "  ", "\n", "\u200b", "\u202e\u202c", "\U000e0041", "\u3164", "\ufffd", "\u0301", "\ufeff"]
)
def test_what_nobody_can_read_is_empty(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^text: is empty"):
        check_text("text", text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "0000"),
        ("\x1b[1m", "001B"),
        ("a\x85b", "0085"),
        ("a\ud800", "D800"),
        ("a\ufffeb", "FFFE"),
        ("a\x0cb", "000C"),
    ],
)
def test_what_is_no_text_is_named(text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^text: holds the character U\+{code}, which is no text\. Send plain text"):
        check_text("text", text)


def test_the_limit_counts_after_stripping_and_names_itself() -> None:
    assert check_text("text", "a" * MAX_CHARACTERS + "  ") == "a" * MAX_CHARACTERS
    with pytest.raises(InvalidInput, match=r"^note: has 8,001 characters, at most 8,000"):
        check_text("note", "a" * (MAX_CHARACTERS + 1))
    with pytest.raises(InvalidInput, match=r"at most 3"):
        check_text("note", "abcd", 3)


def test_text_is_normalised_and_shows_what_it_says() -> None:
    assert check_text("text", " e\u0301 ") == "é"
    assert check_text("text", "pay \u202e05\u202c EUR\U000e0041") == "pay 05 EUR"


@given(st.text())
def test_clean_text_stays_as_it_is(text: str) -> None:
    clean = tried(lambda: check_text("text", text), "text: ")
    if clean is not None:
        assert check_text("text", clean) == clean
        assert b"\x00" not in clean.encode()


@pytest.mark.parametrize("value", ["a", "A-1", "0", "a.b:c_d-e", "x" * 120])
def test_an_id_is_an_id(value: str) -> None:
    assert check_identifier("case_id", value) == value


@pytest.mark.parametrize("value", ["", " ", "-a", ".a", "a b", "a/b", "ä", "a\n", "x" * 121, "a\x00"])
def test_what_is_no_id_is_refused_with_what_one_looks_like(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^case_id: .* is not an id\. Use 1 to 120 letters, digits"):
        check_identifier("case_id", value)


@given(st.text(alphabet=string.printable, max_size=200))
def test_a_name_is_one_readable_line(name: str) -> None:
    clean = tried(lambda: check_name("reviewer", name), "reviewer: ")
    if clean is not None:
        assert clean == clean.strip()
        assert 0 < len(clean) <= 120
        assert not set("\n\r\t") & set(clean)


def test_a_message_is_checked_in_both_fields() -> None:
    assert check_message(IncomingMessage(message_id="m", text=" hi ")).text == "hi"
    with pytest.raises(InvalidInput, match="message_id"):
        check_message(IncomingMessage(message_id="a b", text="hi"))
    with pytest.raises(InvalidInput, match="text"):
        check_message(IncomingMessage(message_id="m", text=" "))


def test_nobody_outside_can_name_what_the_house_says() -> None:
    with pytest.raises(InvalidInput, match="message_id"):
        check_identifier("message_id", OURS + "8c5fbec6-b8e7-580d-97bc-0ea5f1091e42")


@pytest.mark.parametrize("text", ["Plain words.", "é à ß 你好 😀👍🏽", "a\nb\tc\r\n", "no-break\u00a0space", "e\u0301"])
def test_text_is_taken_as_it_is(text: str) -> None:
    assert without_controls(text) == text
    assert check_text("text", text) == unicodedata.normalize("NFC", text).strip()


def test_no_character_that_is_refused_or_taken_out_is_plain() -> None:
    """Long texts are held against the patterns only where this quick look finds anything."""
    taken = [chr(code) for code in range(sys.maxunicode + 1) if is_plain(chr(code))]
    assert all(without_controls(part) == part for part in ("".join(taken), " "))
    assert not any(_no_text().search(one) or ord(one) in _HIDDEN for one in taken)
    assert len(taken) > 100_000
