"""Numbers in digits: what somebody may mean by 1,234.50, 1.234,50, 1 234,50, 1’234.50 or 1,00,000."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

GROUPING = {"en": ",", "de": ".", "es": ".", "it": ".", "nl": ".", "pt": "."}
DECIMAL = {"en": ".", "de": ",", "fr": ",", "es": ",", "it": ",", "nl": ",", "sv": ",", "pl": ",", "pt": ","}
MOST_DIGITS = 30

_SPACED = re.compile(r"\d{1,3}(?:([ '’])\d{3})(?:\1\d{3}){0,6}(?!\d)(?:[.,]\d{1,3}(?!\d))?(?![.,'’]?\d)")
_MARKED = re.compile(r"\d+(?:[.,]\d+)*")
_BLANKS = frozenset(" '’")
_POINTS = frozenset(".,")
_UNMARKED = str.maketrans("", "", ".,")
_LEADING_POINT = re.compile(r"[.,]\d{1,2}(?!\d)")


class Numeral(NamedTuple):
    """A number in digits up to `end`. `readings` are its possible values, likeliest first; none where it is no number.

    `spaced` says that blanks group it, `grouped` that one mark before three digits may group or part decimals.
    """

    end: int
    readings: tuple[Decimal, ...]
    spaced: bool = False
    grouped: bool = False


def numeral(text: str, place: int, language: str | None = None) -> Numeral | None:
    """Read the number that begins at `place` with a digit; None where none does."""
    marked = _MARKED.match(text, place)
    if not marked:
        return None
    digits, end = marked[0], marked.end()
    if len(digits) <= 3 and text[end : end + 1] in _BLANKS and (spaced := _SPACED.match(text, place)):
        written = re.sub(r"[ '’]", "", spaced[0]).replace(",", ".")
        return Numeral(spaced.end(), (Decimal(written),), spaced[1] == " ")
    if len(digits) > MOST_DIGITS:
        return Numeral(end, ())
    if digits.isdecimal():
        return Numeral(end, (Decimal(digits),))
    return Numeral(end, *_marked(digits, language))


def below_one(text: str, place: int) -> Numeral | None:
    """Read the `.50` that begins at `place` with its mark and has no digit before it."""
    found = _LEADING_POINT.match(text, place) if text[place : place + 1] in _POINTS else None
    if not found or text[place - 1 : place].isalnum():
        return None
    return Numeral(found.end(), (Decimal(f"0.{found[0][1:]}"),))


def _marked(digits: str, language: str | None) -> tuple[tuple[Decimal, ...], bool, bool]:
    marks = [character for character in digits if character in _POINTS]
    plain = digits.translate(_UNMARKED)
    if len(set(marks)) > 1:
        whole, _, last = digits.rpartition(marks[-1])
        sound = marks[-1] not in marks[:-1] and _groups(whole, marks[0])
        return ((Decimal(f"{whole.translate(_UNMARKED)}.{last}"),) if sound else ()), False, False
    if len(marks) > 1:
        return ((Decimal(plain),) if _groups(digits, marks[0]) else ()), False, False
    whole, _, last = digits.partition(marks[0])
    parted, grouped = Decimal(f"{whole}.{last}"), Decimal(plain)
    if len(last) != 3 or len(whole) > 3 or whole.startswith("0"):
        return (parted,), False, False
    if language and GROUPING.get(language) == marks[0]:
        return (grouped,), False, True
    if language and DECIMAL.get(language) == marks[0]:
        return (parted, grouped), False, True
    return (grouped, parted), False, True


def _groups(digits: str, mark: str) -> bool:
    """Tell groups of three, or the Indian ones (1,00,000), from a version or a list of numbers."""
    first, *inner, last = digits.split(mark)
    if not 1 <= len(first) <= 3 or first.startswith("0") or len(last) != 3:
        return False
    indian = mark == "," and len(first) <= 2 and all(len(one) == 2 for one in inner)
    return all(len(one) == 3 for one in inner) or indian
