"""Finds numbers of payment cards and bank accounts by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handrail.domain.text.redacted import Secret
from handrail.redaction.found import Found

_GAP = r"[ \u00a0\u2009\u202f.\-_/\u2010-\u2015\u200b-\u200d\u2060\ufeff\u00ad]{1,3}"
# In the groups in which cards are printed and typed: prices and dates in a row are no card, though their sum may fit.
_CARD = re.compile(
    rf"(?<![\w+#-])(?:\d{{14,19}}|\d{{4}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{3}})?|\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}}"
    rf"|\d{{8}}{_GAP}\d{{8}}|\d(?:{_GAP}\d){{13,18}})(?!\w|{_GAP}\d)"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0.-]{0,2}[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN = 15
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The digit sums of twice each digit."""
_ISSUERS = (
    # The first and the last beginning, and how many digits such a card has.
    ("34", "34", (15, 15)),
    ("37", "37", (15, 15)),
    ("300", "305", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("4", "4", (16, 19)),
    ("51", "55", (16, 16)),
    ("2221", "2720", (16, 16)),
    ("50", "50", (16, 19)),
    ("56", "58", (16, 19)),
    ("60", "69", (16, 19)),
    ("81", "82", (16, 19)),
    ("3528", "3589", (16, 19)),
)


def cards(text: str) -> Iterator[Found]:
    """Yield card numbers: known issuers, in their length, with the check digit right."""
    for match in _CARD.finditer(text):
        digits = "".join(str(int(one)) for one in match[0] if one.isdecimal())
        if _issued(digits) and _checks(digits):
            yield Found(match.start(), match.end(), Secret.CARD, digits[-4:])


def _issued(digits: str) -> bool:
    return any(
        first <= digits[: len(first)] <= last and shortest <= len(digits) <= longest
        for first, last, (shortest, longest) in _ISSUERS
    )


def _checks(digits: str) -> bool:
    """The check digit of Luhn; a row of one digit fits and is none."""
    total = sum(_DOUBLED[int(digit)] if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0 and len(set(digits)) > 1


def ibans(text: str) -> Iterator[Found]:
    """Yield account numbers: of a country that has them, in its length and shape, with the check digits right."""
    for match in _IBAN.finditer(text):
        places = [place for place in range(match.start(), match.end()) if text[place].isalnum()]
        for count in range(len(places), _SHORTEST_IBAN - 1, -1):
            end = places[count - 1] + 1
            if text[end : end + 1].isalnum():
                continue
            compact = "".join(text[place] for place in places[:count]).upper()
            if _mod97(compact) and _known(compact):
                yield Found(match.start(), end, Secret.IBAN, compact[-4:])
                break


def _mod97(compact: str) -> bool:
    turned = compact[4:] + compact[:4]
    return turned.isascii() and int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def _known(compact: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(compact))
