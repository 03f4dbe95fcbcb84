"""Entities that a customer has stated, taken out of their words by code: so that nobody has to ask for them again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from handrail.domain.case.handoffs import StatedFact
from handrail.domain.case.messages import MAX_CHARACTERS, Author, Message
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.message.cards import cards, last_four, without_cards
from handrail.domain.text.message.phrases import Phrases, small
from handrail.domain.text.plain import clean
from handrail.domain.text.redacted import PLACEHOLDER, Secret
from handrail.domain.text.sentences import SentenceSpan, sentence_at, sentences

MOST = 240
"""Of very many things that are stated, the first are kept."""
NAMES = 500
SENTENCE = 200
LONGEST_NAME = 80
SHORTEST_WORD = 3
SMALL_WORDS = frozenset(("and", "for", "the", "with", "und", "von", "les", "des", "del", "los", "las", "van", "het", "och"))
NAMED = ("name", "title", "product", "item", "article", "recipient")
# Lengths are bounded and beginnings anchored, so that no text makes the search slow.
_WORD = r"[^\W\d_][\w.'’-]{0,30}"
_PLACE = r"[^\W\d_a-zß-ÿ][\w.'’-]{0,30}"
_GIVEN = r"[^\W\d_a-zß-ÿ][\w'’-]{0,30}"
_POSTAL = (
    r"(?:(?:D|A|CH|F|B|L|NL|SE|PL|PT|ES|I)-)?\d{4,5}(?:-\d{3,4})?"
    r"|\d{2}-\d{3}|\d{3}\s\d{2}|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"
)
_STREET = (
    rf"(?<![\w-])(?:\d{{1,5}}[a-zA-Z]?,?\s{_WORD}(?:\s{_WORD}){{0,4}}"
    rf"|{_PLACE}(?:\s{_WORD}){{0,3}}\s\d{{1,5}}\s?[a-zA-Z]?\b)"
)
_ADDRESSES = (
    re.compile(rf"{_STREET}\s{{0,3}}[,;\n]\s{{0,3}}(?:{_POSTAL})\s+{_PLACE}(?:[\s-]{_PLACE}){{0,2}}"),
    re.compile(rf"{_STREET}\s{{0,3}}[,;\n]\s{{0,3}}{_PLACE}(?:\s{_PLACE}){{0,2}}\s?,?\s(?:[A-Z]{{2}}\s)?(?:{_POSTAL})\b"),
)
_POSTAL_DIGITS = re.compile(r"\d(?:\d{3}|\d-\d{3}|\d\d\s\d\d|[A-Z\d]?\s?\d[A-Z]{2})")
"""Some of these stand in every postal code, and in few other texts."""
_LETTERS = re.compile(r"[^\W\d_]+")
_ATTACHED = Phrases(
    *("attach(?:ed|ment|ments)", "enclosed", "screenshots?", "photos?", "pictures?"),
    *("(?:a|an|my|the) pdf", "(?:a|an|my|the) scan", "(?:a|an|my|the) receipt"),
    *("anhang", "anlage", "angehängt", "beigefügt", "foto", "fotos", "bildschirmfoto", "beleg"),
    *("pièces? jointes?", r"ci-joint\w*", "capture d['’]écran", r"adjunt\w+", "captura de pantalla"),
    *(r"allegat\w+", "schermata", "bijlage", "bijgevoegd", "schermafbeelding", r"bifoga\w+", "bilaga", "skärmbild"),
    *(r"załącz\w+", "zrzut ekranu", r"zdjęci\w+", r"anex\w+", "captura de tela"),
    then=r"\b",
)
_CALLED = Phrases(
    *("my (?:full )?name is", "this is", "i am called", "mein name ist", "ich heiße", "je m['’]appelle", "mon nom est"),
    *("me llamo", "mi nombre es", "mi chiamo", "il mio nome è", "mijn naam is", "ik heet", "mitt namn är", "jag heter"),
    *("nazywam się", "mam na imię", "o meu nome é", "meu nome é", "chamo-me"),
    then=rf"\s+((?-i:{_GIVEN}(?:\s{_GIVEN}){{0,3}}))",
)
KINDS = {"identifier": "number"}
ENTITIES = frozenset({"identifier", "amount", "date", "email", "phone", "card"})


def stated(messages: Iterable[Message], facts: Iterable[Any] = ()) -> list[StatedFact]:
    """Take out what the customer's `messages` state, in their order, each once; `facts` tell which names are known."""
    known = known_names(facts)
    return _collected(messages, lambda text: [*_stated(text), *_known(text, known)])


def named(messages: Iterable[Message], facts: Iterable[Any]) -> list[StatedFact]:
    """Take out the names of people and things in `facts` that the customer's `messages` hold."""
    known = known_names(facts)
    return _collected(messages, lambda text: _known(text, known)) if known else []


def _collected(messages: Iterable[Message], read: Callable[[str], Iterable[tuple[str, str, int]]]) -> list[StatedFact]:
    found: dict[tuple[str, str], StatedFact] = {}
    for message in messages:
        if message.author is not Author.CUSTOMER:
            continue
        text = clean(message.text[:MAX_CHARACTERS])[:MAX_CHARACTERS]
        places: Sequence[SentenceSpan] = ()
        for kind, value, place in read(text):
            if (kind, value.casefold()) in found:
                continue
            places = places or sentences(text)
            found[kind, value.casefold()] = StatedFact(
                kind=kind,
                value=value,
                words=without_cards(_around(places, text, place)),
                turn=message.turn,
                at=message.at,
                message_id=message.message_id,
            )
            if len(found) >= MOST:
                return list(found.values())
    return list(found.values())


def _around(found: Sequence[SentenceSpan], text: str, place: int) -> str:
    """The sentence around `place`, at most `SENTENCE` characters of it."""
    whole = sentence_at(found, place)
    start, end = (whole.start, whole.end) if whole else (0, len(text))
    if end - start > SENTENCE:
        start = max(start, place - SENTENCE // 2)
        end = min(end, start + SENTENCE)
    return " ".join(text[start:end].split())


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Postal addresses: street and number, postal code and place."""
    for pattern in _ADDRESSES if _POSTAL_DIGITS.search(text) else ():
        yield from pattern.finditer(text)


def names(facts: Iterable[Any]) -> Iterator[str]:
    """Yield the names of people and things in data: short texts under a key such as `name`, `title` or `product`."""
    for value in facts:
        yield from _names(value, "")


def _names(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _names(inner, str(name).lower())
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner, key)
    elif isinstance(value, str) and 1 < len(value) <= LONGEST_NAME and "@" not in value and set(key.split("_")) & set(NAMED):
        yield value


def _stated(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, value and place."""
    rest = text
    for pattern in _ADDRESSES if _POSTAL_DIGITS.search(text) else ():
        for match in pattern.finditer(rest):
            yield "address", " ".join(match[0].split()), match.start()
            # The digits of an address are neither amounts nor telephone numbers.
            rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    for match in PLACEHOLDER.finditer(rest):
        if match[1] == Secret.CARD and match[2]:
            yield "card", last_four(match[2]), match.start()
        rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    for start, end in cards(rest):
        yield "card", last_four(rest[start:end]), start
        rest = rest[:start] + " " * (end - start) + rest[end:]
    for mention in mentions(rest):
        if mention.kind in ENTITIES:
            shown = last_four(mention.shown) if mention.kind == "card" else mention.shown
            yield KINDS.get(mention.kind, mention.kind), shown, mention.start
    lower = small(text)
    for match in _CALLED.found(text, lower):
        yield "name", match[1], match.start()
    for match in _ATTACHED.found(text, lower):
        yield "attachment", match[0], match.start()


def known_names(facts: Iterable[Any]) -> list[str]:
    """The names in `facts`, the longest first; of very many some."""
    return sorted(set(islice(names(facts), NAMES)), key=len, reverse=True)


def _known(text: str, known: list[str]) -> Iterator[tuple[str, str, int]]:
    """Names that data holds. Whole ones first; else the customer's own word for it, where it is a word of a name."""
    lower, taken = text.lower(), set[str]()
    for name in known:
        place = lower.find(name.lower())
        if place >= 0:
            taken |= set(name.casefold().split())
            yield "name", text[place : place + len(name)], place
    telling = {word for name in known for word in name.casefold().split() if len(word) >= SHORTEST_WORD}
    telling -= taken | SMALL_WORDS
    if not telling:
        return
    words = {word: word.casefold() for word in set(_LETTERS.findall(text))}
    said = {word for word, folded in words.items() if folded in telling or folded.removesuffix("s") in telling}
    for match in _LETTERS.finditer(text) if said else ():
        if match[0] in said:
            yield "name", match[0], match.start()
