"""Finds passwords, codes and numbers of persons behind the words that name them, in nine languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from handrail.domain.text.redacted import Secret
from handrail.domain.text.words import words
from handrail.redaction.found import Found

_FIRST = re.compile(r"\w+")
_CODE = r"(?P<value>\d{3}[ -]\d{3}|\d{3,8}|[A-Z]-\d{4,8})(?![\w.,]?\d|\w)"
_NUMBER = r"(?P<value>[A-Za-z0-9][A-Za-z0-9 ./-]{5,20}[A-Za-z0-9])(?!\w)"
_WORD = r"(?P<value>[\"'«„“‘][^\"'»“”’\n]{3,64}[\"'»“”’]|\S{4,64})(?P<end>\s*(?:$|\n))?"
_KINDS = {"code": (Secret.CODE, _CODE), "national_id": (Secret.NATIONAL_ID, _NUMBER), "password": (Secret.PASSWORD, _WORD)}
_CLOSING = ".,;:!?)]}"
_QUOTES = "\"'«„“‘"
_ODD = re.compile(r"[\d!@$%^&*+=~|\\<>{}_]")
_ID = re.compile(r"[A-Za-z#]{1,4}-?\d+")
_FEWEST_DIGITS = 7


def spoken(text: str) -> Iterator[Found]:
    """Yield what stands behind a word for it; a word that names no value ("I forgot my password") gives nothing."""
    said = {word.lower() for word in _FIRST.findall(text)}
    for name, (kind, value) in _KINDS.items():
        if said.isdisjoint(_beginnings(name)):
            continue
        for match in _pattern(name, value).finditer(text):
            found = _value(kind, match)
            if found:
                yield Found(*found, kind)


def _value(kind: Secret, match: re.Match[str]) -> tuple[int, int] | None:
    start, end = match.span("value")
    match kind:
        case Secret.PASSWORD:
            return _password(match)
        case Secret.NATIONAL_ID:
            return (start, end) if sum(one.isdecimal() for one in match["value"]) >= _FEWEST_DIGITS else None
        case _:
            return start, end


def _password(match: re.Match[str]) -> tuple[int, int] | None:
    """A value that looks like one: quoted, with a figure or a sign in it, or alone behind a colon at the line's end."""
    start, end = match.span("value")
    value = match["value"]
    if value[0] in _QUOTES:
        return start, end
    bare = value.rstrip(_CLOSING)
    named = ":" in match["link"] or "=" in match["link"]
    linked = named or bool(match["is"])
    if len(bare) < len("pass") or "://" in bare or (not linked and _ID.fullmatch(bare)) or bare.startswith("["):
        return None
    odd = bool(_ODD.search(bare)) or (bare[1:] != bare[1:].lower() and bare != bare.upper())
    strong = odd if linked else any(one.isdecimal() for one in bare) and any(one.isalpha() for one in bare)
    return (start, start + len(bare)) if strong or (named and match["end"] is not None) else None


@cache
def _pattern(name: str, value: str) -> re.Pattern[str]:
    """A word that names it, at most two words such as "is", and the value. Bounded, so that no text makes it slow."""
    triggers = sorted({one for each in _words(name).values() for one in each}, key=len, reverse=True)
    links = sorted({one for each in _words("is").values() for one in each}, key=len, reverse=True)
    named = "|".join(f"(?-i:{re.escape(one)})" if one[:2].isupper() else re.escape(one) for one in triggers)
    is_ = "|".join(map(re.escape, links))
    return re.compile(
        rf"(?i)(?<!\w)(?:{named})(?!\w)(?P<link>[ \t]{{0,3}}[:=]?[ \t\n]{{0,3}})"
        rf"(?P<is>(?:(?:{is_})(?!\w)[ :=]{{1,3}}){{0,2}}){value}"
    )


@cache
def _beginnings(name: str) -> frozenset[str]:
    triggers = (one for each in _words(name).values() for one in each)
    return frozenset(match[0].lower() for one in triggers if (match := _FIRST.match(one)))


def _words(name: str) -> Mapping[str, list[str]]:
    listed: Mapping[str, list[str]] = words("secrets")[name]
    return listed
