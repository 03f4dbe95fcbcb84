"""Names that a text itself gives away: who says their name, who is greeted, who signs. By words of the packs, no model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from handrail.domain.text.packs import Packs, packs
from handrail.domain.text.plain import clean

READ = 20_000
"""Characters of a text that are looked into."""
# Lengths are bounded and beginnings anchored, so that no text makes the search slow.
_NAME = r"(?-i:[^\W\d_a-zß-ÿ][^\W\d_]{0,30}(?:['’-][^\W\d_]{1,30}){0,2})"
_BETWEEN = r"(?-i:[ ](?:van|von|der|den|de|del|della|di|da|do|dos|la|le|af|zu|y|e)){0,2}"
_INITIALS = r"(?-i:[^\W\d_a-zß-ÿ]\.[ ]?){0,2}"
_NAMES = rf"{_INITIALS}{_NAME}(?:{_BETWEEN}[ ]{_NAME}){{0,3}}(?![-\w])"
_DASHED = re.compile(rf"^[ \t]{{0,3}}[-–—~]{{1,3}}[ \t]?({_NAMES})[ \t.]{{0,3}}\Z", re.MULTILINE)
_BEGINS = r"(?:^|(?<=[.!?\n]))"
_SIGNED = rf"[ \t]{{0,2}}(?:[,.!–-]{{1,2}}[ \t]{{0,2}}|(?=\n)|[ ](?={_NAMES}[.!]?\s{{0,3}}\Z))\n{{0,2}}[ \t]{{0,3}}"
"""Between a sign-off and the name: a comma, a new line, or a blank where the name is the text's end."""
_ENDS = r"(?=\n|\Z)"


@dataclass(frozen=True, slots=True)
class NameMarks:
    """The words of all languages as patterns, each with the name as its group 1; `nobody` are folded."""

    called: re.Pattern[str]
    speaking: re.Pattern[str]
    greeted: re.Pattern[str]
    titled: re.Pattern[str]
    signed: re.Pattern[str]
    nobody: frozenset[str]


def introduced(text: str) -> list[str]:
    """Return the names that the text gives away, each once, as it writes them."""
    text, marks = clean(text[:READ]), _marks(packs())
    found: dict[str, None] = {}
    for pattern in (marks.called, marks.speaking, marks.greeted, marks.titled, marks.signed, _DASHED):
        for match in pattern.finditer(text):
            name = _person(match[1], marks.nobody)
            if name:
                found.setdefault(name)
    return list(found)


def _person(shown: str, nobody: frozenset[str]) -> str:
    """Return the name without words that are none; empty where none is left."""
    kept: list[str] = []
    for word in shown.split():
        if word.casefold().strip(".'’-") in nobody:
            break
        kept.append(word)
    return " ".join(kept)


@cache
def _marks(known: Packs) -> NameMarks:
    def words(section: str, key: str) -> Iterator[str]:
        for listed in known.words(section, key).values():
            yield from listed

    def any_of(given: Iterable[str]) -> str:
        longest = sorted({one.lower() for one in given}, key=len, reverse=True)
        return "|".join(re.escape(one).replace(r"\ ", r"\s{1,2}") for one in longest)

    titles = any_of(words("names", "titles"))
    title = rf"(?:(?:{titles})\.?[ ]){{0,2}}"
    closings = any_of([*words("mail", "closings"), *words("names", "signs")])
    greetings, speaking = any_of(words("names", "greetings")), any_of(words("names", "speaking"))
    flags = re.IGNORECASE | re.MULTILINE
    return NameMarks(
        called=re.compile(rf"(?<!\w)(?:{any_of(words('names', 'called'))})[ ]{title}({_NAMES})", flags),
        speaking=re.compile(rf"(?<!\w)(?:{speaking})[ ]{title}({_NAMES})(?=[ ]?(?:[,.!?;:\n]|\Z))", flags),
        greeted=re.compile(rf"{_BEGINS}[ \t]{{0,3}}(?:{greetings}),?[ ]{title}({_NAMES})(?=[ ]?(?:[,!.:;–]|$))", flags),
        titled=re.compile(rf"(?<!\w)(?:{titles})\.?[ ]({_NAMES})", flags),
        signed=re.compile(
            rf"(?:^|(?<=[.!?\n,])[ ]?)(?:{closings}){_SIGNED}({_NAMES})[ \t]{{0,2}}[.!]?[ \t]{{0,2}}{_ENDS}", flags
        ),
        nobody=frozenset(one.casefold() for one in words("names", "nobody")),
    )
