"""Order numbers, parcel numbers and the like: the one pattern for what identifies something."""

from __future__ import annotations

import re

from handrail.domain.text.figures.mention import Mention, Page
from handrail.domain.text.figures.vocabulary import listed
from handrail.domain.text.plain import compact

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![^\W_])", re.IGNORECASE)
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![^\W_])")
_WORD = re.compile(r"#?[^\W_]+(?:[-_/.][^\W_]+){0,8}")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")
_TAIL = re.compile(r"[*•xX·]{2,16}[ -]?(\d{2,6})(?![^\W_])")
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}(?![ -]?\d)(?![^\W_])")
_PHONE = re.compile(
    r"(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,5}\)[ .-]?)?(?:\d{1,6}[ ./-]{0,2}){1,6}\d"
    r"|\(0?\d{2,5}\) ?\d{2,5}(?:[ ./-]\d{2,5}){0,4}|\(\d{3}\) ?\d{3}[ .-]\d{4}"
    r"|0\d{1,5}(?:[ ./-]{1,3}\d{2,8}){1,6}|00\d{2}(?:[ ./-]\d{2,8}){1,6}"
    r"|1[ .-]\d{3}[ .-]\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4}|\d{3} \d{3}[ -]\d{4}|\d{3} \d{3} \d{3})(?![^\W_]|[.,]\d)"
)
_SHORT_CODE = re.compile(r"[A-Z]{1,4}-\d{2}")
_LETTERED = re.compile(r"#?[^\W_]+(?:[-_][^\W_]+){0,8}")
_BEGINS = frozenset("hHwWABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789")
FEWEST_DIGITS = 3
LONG_NUMBER = 5


def reference(word: str) -> bool:
    """Tell whether a word of letters, digits, `-`, `_`, `/` and `#` identifies something.

    Letters with three digits, `#` with three, five digits, or a short code such as `AB-12` do.
    """
    digits = sum(character.isdigit() for character in word)
    if word.startswith("#"):
        return digits >= FEWEST_DIGITS
    if not any(character.isalpha() for character in word):
        return digits >= LONG_NUMBER and word.isdigit()
    return digits >= (FEWEST_DIGITS if word[0].isalpha() else LONG_NUMBER) or bool(_SHORT_CODE.fullmatch(word))


def references(text: str) -> frozenset[str]:
    """Return the references that a cleaned text names, each in one spelling: O-10021 and o10021 are `o10021`."""
    found, place = set(), 0
    while match := _WORD.search(text, place):
        place = match.end()
        if reference(match[0].rstrip("./")):
            found.add(compact(match[0]))
        elif (
            match[0].isalpha()
            and len(match[0]) == 1
            and (digits := re.match(r" (\d{4,})(?![^\W_])", text[place : place + 24]))
        ):
            found.add(compact(match[0] + digits[1]))
    return frozenset(found)


def addressed(page: Page, place: int) -> Mention | None:
    """Read an e-mail address, a link, an account number or a UUID."""
    text, first = page.text, page.text[place]
    if "@" in text[place : place + 66] and (match := _EMAIL.match(text, place)):
        return page.make("email", place, match.end())
    if first not in _BEGINS:
        return None
    match = _LINK.match(text, place) if first in "hHwW" else None
    match = match or (_UUID.match(text, place) if text[place + 8 : place + 9] == "-" else None)
    match = match or (_IBAN.match(text, place) if first.isupper() else None)
    if match:
        return page.make("identifier", place, len(match[0].rstrip(".,;:!?)")) + place)
    return None


def called(page: Page, place: int) -> Mention | None:
    """Read a card's number, a telephone number, or what is left of a card: `**** 4242`."""
    first = page.text[place]
    if first in "*•xX·" and (match := _TAIL.match(page.text, place)):
        return page.make("identifier", place, match.end())
    if (
        first.isdigit()
        and (match := _CARD.match(page.text, place))
        and luhn("".join(one for one in match[0] if one.isdigit()))
    ):
        return page.make("card", place, match.end())
    if first not in "+(01" and not page.text[place : place + 3].isdecimal():
        return None
    if (match := _PHONE.match(page.text, place)) and 7 <= sum(one.isdigit() for one in match[0]) <= 17:
        return page.make("phone", place, match.end())
    return None


def worded(page: Page, place: int) -> Mention | None:
    """Read a word with digits: an identifier, or where it is none for sure, `unread`."""
    match = _WORD.match(page.text, place)
    if not match:
        return None
    word = match[0].rstrip("./")
    if word.isdecimal() and len(word) < LONG_NUMBER:
        return page.make("identifier", place, place + len(word)) if _last_digits(page, place) else None
    if not _DIGIT.search(word):
        return None
    if not _LETTER.search(word) and not word.startswith("#"):
        digits = _DIGITS.match(word)
        if digits and len(digits[0]) >= LONG_NUMBER and (word.isdigit() or _last_digits(page, place)):
            return page.make("identifier", place, place + len(digits[0]))
        if digits and _last_digits(page, place):
            return page.make("identifier", place, place + len(digits[0]))
        return None
    lettered = _LETTERED.match(page.text, place)
    word = lettered[0] if lettered and _DIGIT.search(lettered[0]) and "/" not in word else word
    return page.make("identifier" if reference(word) else "unread", place, place + len(word))


def luhn(digits: str) -> bool:
    """Check the last digit of a card's number."""
    total = 0
    for index, character in enumerate(reversed(digits)):
        value = int(character) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _last_digits(page: Page, place: int) -> bool:
    """Tell whether words such as 'card ending in' stand before `place`."""
    return page.before(place, 40).rstrip(": ").endswith(listed("card", "words"))
