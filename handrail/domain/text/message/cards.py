"""Card numbers in a text: found by their check digit, and hidden but for the last four digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

_DIGITS = re.compile(r"\d(?:[\W_]{0,3}\d){12,}")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The digit sums of twice each digit."""
_ISSUERS = frozenset((2, 3, 4, 5, 6, 8))


def without_cards(text: str) -> str:
    """The text with all but the last four digits of card numbers hidden: whoever takes over does not need them."""
    for start, end in reversed(list(cards(text))):
        text = text[:start] + last_four(text[start:end]) + text[end:]
    return text


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of card numbers: 13 to 19 digits in groups, with the check digit right."""
    for run in _DIGITS.finditer(text):
        yield from _cards(text, run.start(), run.end())


def _cards(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The card numbers in a run of digits and separators; sums from the run's beginning make each check one subtraction."""
    places = [place for place in range(start, end) if text[place].isdigit()]
    digits = [int(text[place]) for place in places]
    gaps = [index for index, (place, after) in enumerate(pairwise(places), 1) if after - place > 1]
    begins, closes = [0, *gaps], {*gaps, len(places)}
    doubles = [_DOUBLED[digit] for digit in digits]
    even, odd = digits.copy(), doubles.copy()
    even[::2], odd[::2] = doubles[::2], digits[::2]
    sums = list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))
    free = 0
    for begin in begins:
        if begin < free or digits[begin] not in _ISSUERS:
            continue
        for stop in range(min(begin + 19, len(digits)), begin + 12, -1):
            # The last digit counts once, the one before it twice.
            row = sums[stop % 2]
            if stop in closes and (row[stop] - row[begin]) % 10 == 0:
                yield places[begin], places[stop - 1] + 1
                free = stop
                break


def last_four(shown: str) -> str:
    """Return what is shown of a card number: "ending in" and four digits."""
    digits = "".join(character for character in shown if character.isdigit())
    return f"ending in {digits[-4:]}"
