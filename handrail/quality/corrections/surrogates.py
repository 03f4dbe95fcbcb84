"""Stand-ins for what tells who somebody is: the same for the same thing within a case, of the same shape, and nobody's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from handrail.domain.text.plain import compact

GIVEN = ("Robin", "Kim", "Sam", "Alex", "Charlie", "Jamie", "Noa", "Sascha", "Jo", "Andrea", "Toni", "Luca")
FAMILY = "Example"
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


class Surrogates:
    """The stand-ins of one case; each kind counts for itself."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}

    def number(self, kind: str, key: str) -> int:
        """Return the place of a thing among those of its kind, from 1; the same for the same key."""
        found = self._numbers.get((kind, key))
        if found is None:
            found = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._numbers[kind, key] = found
        return found

    def identifier(self, shown: str) -> str:
        """An identifier in the same spelling with other digits: O-10021 becomes O-90001."""
        if _LINK.match(shown):
            return f"https://example.com/{self.number('link', shown)}"
        count = len(_DIGIT.findall(shown))
        digits = f"{self.number(f'identifier {count}', compact(shown)):0{max(count - 1, 0)}d}"
        fresh = iter(("9" + digits)[-count:] if len(digits) >= count else "9" + digits)
        return _DIGIT.sub(lambda _: next(fresh), shown)

    def email(self, shown: str) -> str:
        """An address at a host that nobody has."""
        return f"customer{self.number('email', shown.casefold())}@example.com"

    def phone(self, shown: str) -> str:
        """A number that is nobody's."""
        return f"+1 555 01{self.number('phone', ''.join(_DIGIT.findall(shown))) % 100:02d}"

    def card(self, shown: str) -> str:
        """Four digits that say that it was a card."""
        return f"ending in {self.number('card', ''.join(_DIGIT.findall(shown))[-4:]) % 10_000:04d}"

    def name(self, shown: str) -> Mapping[str, str]:
        """A person's name with its words, each with its stand-in."""
        place = self.number("name", " ".join(shown.casefold().split())) - 1
        given = GIVEN[place % len(GIVEN)] + (str(place // len(GIVEN) + 1) if place >= len(GIVEN) else "")
        first, *rest = shown.split()
        if not rest:
            return {shown: given}
        return {shown: f"{given} {FAMILY}", first: given, **{word: FAMILY for word in rest if len(word) > 2}}

    def address(self, shown: str) -> str:
        """A street or a whole postal address."""
        return f"{self.number('address', ' '.join(shown.casefold().split()))} Example Street"

    def place(self, shown: str) -> str:
        """A town."""
        return f"Exampletown {self.number('place', shown.casefold())}"
