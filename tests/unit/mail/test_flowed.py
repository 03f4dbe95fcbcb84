"""Mail whose program broke its lines for the wire says what its writer wrote: sums, quotes, lists, signatures."""

from __future__ import annotations

import pytest

from handrail.domain.text.figures.mentions import mentions
from handrail.mail.reading.cleansing import read_without_secrets
from handrail.mail.reading.flowed import unflowed
from handrail.mail.reading.mail import read_mail
from handrail.redaction.redactor import CodeRedactor
from tests.support.mailing import AUTHSERV, letter


def flowed(text: str, parameters: str = "format=flowed") -> bytes:
    head, _, body = letter("ann@example.com", text).partition(b"\n\n")
    kinds = [line for line in head.split(b"\n") if line.lower().startswith(b"content-type")]
    assert len(kinds) == 1
    return head.replace(kinds[0].rstrip(), b"Content-Type: text/plain; charset=utf-8; " + parameters.encode()) + b"\n\n" + body


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        ("one\n\ntwo \n\nthree", "one\n\ntwo \nthree"),
        ("Hello \n-- \nAnn", "Hello \n-- \nAnn"),
        ("> asked \n> twice\nanswered \nonce", "> asked twice\nanswered once"),
        (">> deeper \n> less deep \n>and on", ">> deeper \n> less deep and on"),
        (" From Ann\n  two blanks", "From Ann\n two blanks"),
        (" > not a quote\n > 20 EUR", "› not a quote\n› 20 EUR"),
        ("", ""),
    ],
)
def test_paragraphs_are_whole_and_what_was_put_before_lines_is_gone(wire: str, said: str) -> None:
    assert unflowed(wire) == said
    assert unflowed(wire.replace("\n", "\r\n")) == said


def test_a_blank_that_was_only_for_the_wire_goes() -> None:
    assert unflowed("Where is O-1 \n0016?", delete_space=True) == "Where is O-10016?"
    assert read_mail(flowed("Where is O-1 \n0016?", "format=flowed; delsp=yes"), AUTHSERV).text == "Where is O-10016?"


def test_a_sum_is_read_whole_and_only_where_the_mail_says_that_its_lines_flow() -> None:
    text = "I sent it all back, and as far as I can see the price was 1 \n234,50 EUR, so please pay it back."
    sums = [one.amount for one in mentions(read_mail(flowed(text), AUTHSERV).text) if one.kind == "amount"]
    assert [str(one) for one in sums] == ["1234.50"]
    assert "1\n234,50" in read_mail(flowed(text, "format=fixed"), AUTHSERV).text


def test_own_lines_that_begin_like_a_quote_are_kept_and_quotes_are_cut() -> None:
    text = "Both are broken:\n > the lamp, 50 EUR\n > the shade, 20 EUR\n\nOn Mon, 3 Nov 2026 at 10:00, The Shop \n"
    text += "<support@shop.example> wrote:\n> Which of them \n> is broken?"
    assert read_mail(flowed(text), AUTHSERV).text == "Both are broken:\n› the lamp, 50 EUR\n› the shade, 20 EUR"


def test_a_number_that_was_broken_is_taken_out_and_the_rest_reads_the_same_again() -> None:
    raw = flowed("My card is 4111 1111 \n1111 1111, and my list:\n > one \n > two")
    read, kept = read_without_secrets(raw, AUTHSERV, len(raw), CodeRedactor())
    assert read.text == "My card is [card ••1111], and my list:\n› one › two"
    assert read_mail(kept, AUTHSERV).text == read.text
