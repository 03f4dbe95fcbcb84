"""Takes personal data out of what a correction is made of, the same everywhere in it: words, facts, arguments.

A stand-in has the shape of what it stands for, so that an order number is still read as one, and found again among the facts
that were recorded with it. Amounts, dates and products stay: they are what the correction is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from handrail.domain.case.messages import Author, Message
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.message.cards import cards
from handrail.domain.text.message.entities import addresses
from handrail.domain.text.message.introduced import introduced
from handrail.domain.text.message.mail import own_words
from handrail.domain.text.plain import clean
from handrail.quality.corrections.surrogates import Surrogates

PERSONS = frozenset(
    (
        *("first_name", "last_name", "full_name", "given_name", "family_name", "surname", "user_name", "username"),
        *("customer_name", "customer", "recipient", "contact", "addressee", "holder", "account_holder", "cardholder"),
    )
)
OWNERS = frozenset(["customer", "recipient", "contact", "person", "user", "holder", "account_holder", "addressee"])
BESIDE = frozenset(["email", "phone", "telephone", "address", "customer_id", "user_id", "birthday", "date_of_birth"])
"""Beside one of these a plain `name` is a person's."""
STREETS = frozenset(["street", "address", "line", "house"])
TOWNS = frozenset(["city", "town", "village"])
CODES = frozenset(["zip", "postal", "postcode", "postalcode"])
BORN = frozenset(["birthday", "birth_date", "date_of_birth", "dob"])
SHORTEST = 3
_KEY = re.compile(r"[a-z]+")


class CaseRedactor:
    """Redacts one case. What is structured tells which names and addresses to look for in the words, too."""

    def __init__(self, customer_id: str, data: Collection[Any] = (), messages: Sequence[Message] = ()) -> None:
        self._surrogates = Surrogates()
        self._known: dict[str, str] = {}
        self._met: set[str] = set()
        """Parts of names that words alone gave away: replaced only where they are written like a name."""
        self._learn(customer_id, self._surrogates.identifier(customer_id))
        for value in data:
            for kind, found in personal(value):
                self._remember(kind, found)
        self._meet(message.text for message in messages)
        self._meet(texts(data))

    def value(self, given: Any, key: str = "") -> Any:
        """Return JSON-ready data without personal data, keys of objects among it."""
        match given:
            case str():
                return "1990-01-01" if key in BORN else self.text(given)
            case bool() | None:
                return given
            case int() if key.endswith(("_id", "_no", "_number", "last_four")):
                return int(self._surrogates.identifier(str(given)))
            case Mapping():
                return {self.text(str(name)): self.value(inner, str(name).casefold()) for name, inner in given.items()}
            case list() | tuple():
                return [self.value(inner, key) for inner in given]
            case _:
                return given

    def said(self, message: Message) -> str:
        """Return a message without personal data; of a customer's mail their own words, without quotes and signature."""
        return self.text(own_words(message.text) if message.author is Author.CUSTOMER else message.text)

    def text(self, given: str) -> str:
        """Return a text without personal data."""
        text = clean(given)
        self._meet([text])
        text = self._without_known(text)
        text = spliced(text, ((match.start(), match.end(), self._surrogates.address(match[0])) for match in addresses(text)))
        text = spliced(text, ((start, end, self._surrogates.card(text[start:end])) for start, end in cards(text)))
        found = ((mention, self._stand_in(mention.kind, mention.shown)) for mention in mentions(text))
        return spliced(text, ((mention.start, mention.end, shown) for mention, shown in found if shown is not None))

    def _stand_in(self, kind: str, shown: str) -> str | None:
        if shown in self._known.values() or shown.endswith("@example.com") or shown.startswith("https://example.com/"):
            return None
        match kind:
            case "identifier":
                return self._surrogates.identifier(shown)
            case "email":
                return self._surrogates.email(shown)
            case "phone":
                return self._surrogates.phone(shown)
            case "card":
                return self._surrogates.card(shown)
            case _:
                return None

    def _remember(self, kind: str, found: str) -> None:
        """Learn what stands for a name or a part of an address, wherever it stands."""
        found = clean(" ".join(found.split()))
        if len(found) < SHORTEST:
            return
        match kind:
            case "name":
                for shown, stand_in in self._surrogates.name(found).items():
                    self._learn(shown, stand_in)
            case "street":
                self._learn(found, self._surrogates.address(found))
            case "town":
                self._learn(found, self._surrogates.place(found))
            case _:
                self._learn(found, self._surrogates.identifier(found))

    def _meet(self, given: Iterable[str]) -> None:
        """Learn the names that texts give away: said, greeted, signed. What is known, or stands for a name, is none."""
        for name in (name for text in given for name in introduced(text)):
            known = {shown.casefold() for shown in self._known}
            own = {word.casefold() for stand_in in self._known.values() for word in stand_in.split()}
            if len(name) < SHORTEST or {word.casefold() for word in name.split()} <= known | own:
                continue
            for shown, stand_in in self._surrogates.name(name).items():
                if shown.casefold() not in known:
                    self._met.add(shown.casefold())
                    self._learn(shown, stand_in)

    def _learn(self, shown: str, stand_in: str) -> None:
        self._known.setdefault(shown, stand_in)

    def _without_known(self, text: str) -> str:
        """Replace what is known from data, the longest first; whole words only, whatever their case."""
        folded = {shown.casefold(): stand_in for shown, stand_in in self._known.items()}
        longest = sorted((shown for shown in folded if len(shown) >= SHORTEST), key=len, reverse=True)
        if not longest:
            return text
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE)
        return pattern.sub(lambda match: self._shown_for(match[0], folded), text)

    def _shown_for(self, found: str, folded: Mapping[str, str]) -> str:
        if found[0].islower() and found.casefold() in self._met:
            return found
        return folded.get(found.casefold(), found)


def spliced(text: str, parts: Iterable[tuple[int, int, str]]) -> str:
    """Return the text with other words in place of its parts, which come in order; one within another is left out."""
    made, place = list[str](), 0
    for start, end, words in parts:
        if start >= place:
            made += [text[place:start], words]
            place = end
    return "".join([*made, text[place:]])


def texts(value: Any) -> Iterator[str]:
    """Yield every text in data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from texts(inner)


def personal(value: Any, key: str = "", owner: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is somebody's in data, with its kind: name, street, town or code."""
    if isinstance(value, Mapping):
        names = {str(name).casefold() for name in value}
        for name, inner in value.items():
            own = str(name).casefold()
            somebody = own == "name" and (bool(names & BESIDE) or key in OWNERS)
            yield from personal(inner, "full_name" if somebody and isinstance(inner, str) else own, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from personal(inner, key, owner)
    elif isinstance(value, str) and (kind := _kind(key, value)):
        yield kind, value


def _kind(key: str, value: str) -> str | None:
    words = set(_KEY.findall(key))
    if key in PERSONS and not any(character.isdigit() for character in value):
        return "name"
    if words & CODES:
        return "code"
    if words & TOWNS:
        return "town"
    if words & STREETS and "email" not in words and "@" not in value:
        return "street"
    return None
