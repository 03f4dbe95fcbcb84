"""Kinds of text that make a careless scanner slow: what people paste, and what somebody makes up."""

from __future__ import annotations

from collections.abc import Mapping

LENGTH = 8_000
"""Characters of the longest message that is taken."""

_PIECES = {
    "digits": "1234567890",
    "digits with blanks": "1 1 ",
    "pairs of digits": "12 34 56 78 ",
    "line breaks": "a\n",
    "blank lines": "\n\n",
    "price list": "Lamp 12.50 USD, desk 1.299,00 €, 3 x 4.99;\n",
    "amounts": "$1,234.56 €99 ",
    "dates": "12/03/2026 3 May 2026 2026-05-03 ",
    "quotes": "> On 3 May 2026 you wrote:\n",
    "quotation marks": "\"'“”«» ",
    "one word": "lamp ",
    "no spaces": "abcdefgh",
    "one letter": "a",
    "capitals": "Lamp Desk ",
    "e-mails": "a.b+c@mail.example.com ",
    "broken e-mails": "a@a.a@a.",
    "links": "https://shop.example/a?b=c ",
    "dotted": "a.b.c.",
    "full stops": ".",
    "question marks": "? ",
    "names": "Ann Miller, Bob Stone, Cleo Marsh, ",
    "brackets": "((([[[{{{",
    "dashes": "a-b-",
    "underscores": "_-",
    "addresses": "4 Mill Lane, 12345 Springfield\n",
    "streets without a town": "Mill Lane 4, ",
    "card numbers": "4242 4242 4242 4242 ",
    "telephone numbers": "+1 (415) 555-0172 ",
    "order numbers": "O-10021 O-10022 ",
    "negations": "not no never nor ",
    "wishes": "a human person please ",
    "accents": "é\u0301\u0316",
    "ligatures": "\ufdfa",
    "emoji": "😀👍🏽",
    "thousands": "1,000,000,000,",
    "apostrophes": "1'000'000'",
    "percent": "50 % off ",
    "headers": "From: a\nTo: b\nSubject: c\n",
    "colons": "a: b: ",
    "tabs": "\t \t",
    "greater than": ">",
}

_DENSE = (
    "1:2 ",
    "20-30 ",
    "de 2 ",
    "20 and ",
    "1st ",
    "a1 ",
    "a.a.a.",
    "2/3 ",
    "½",
    "a 5 ",
    "en 5 ",
    "1_1 ",
    "1\t",
    "0 ",
    "un ",
    "1:2:3 ",
    "1–2 ",
    "1日 ",
    "1.5 ",
    "(0",
    "2/3/4 ",
    "1) ",
    "No 5 ",
    "-1 ",
    "1h ",
    "1 k ",
    "2026-05 ",
    "1 to 2 ",
    "3 1/2 ",
    '5" ',
    "um 10 ",
    "5° ",
    "1º ",
    "1@ ",
    "{1}",
    "v1.2.3 ",
    "1,5 ",
    "order 5 ",
    "**1 ",
    "4242 4242 4242 4241 ",
)
"""Short tokens at whose every repetition something may begin; each is a kind by its own name."""


def kinds(length: int = LENGTH) -> Mapping[str, str]:
    """Texts of `length` characters by the name of their kind."""
    pieces = {**_PIECES, **{repr(piece): piece for piece in _DENSE}}
    return {name: (piece * (length // len(piece) + 1))[:length] for name, piece in pieces.items()}
