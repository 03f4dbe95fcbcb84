"""What a reply may state: gathered from data and from people's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from handrail.domain.figures import ANY_NUMBER, ISO_CODE, WORD, Claim, Day, Scan, clean, compact, number

_CENTS = ("_cents", "_minor")


@dataclass(slots=True)
class Known:
    """What may be stated: gathered from data (`learn`) and from people's words (`hear`)."""

    amounts: set[Decimal] = field(default_factory=set)
    days: set[Day] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    digits: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)

    def learn(self, value: Any, key: str = "") -> Known:
        """Take in JSON-like data. An amount under a key that ends in `_cents` or `_minor` also counts in whole units."""
        match value:
            case None | bool():
                return self
            case Mapping():
                for name, inner in value.items():
                    self._currency(str(name).upper().replace("_", " "))
                    self.learn(inner, str(name))
            case str():
                self._text(value)
            case int() | float() | Decimal():
                self._number(Decimal(str(value)), key)
            case date():
                self.hear(value.isoformat())
            case Iterable():
                for inner in value:
                    self.learn(inner, key)
            case _:
                self.hear(str(value))
        return self

    def hear(self, text: str) -> Known:
        """Take in free text: whatever it states may be stated again."""
        text = clean(text)
        scan = Scan(text)
        for claim in scan.found:
            self.days |= claim.days
            if claim.amount is not None:
                self.amounts.add(claim.amount)
            if claim.kind == "email":
                self.emails.add(claim.shown.casefold())
            if claim.kind in ("phone", "card"):
                self.digits.add(compact(claim.shown))
        # Numbers inside of dates and identifiers are no amounts: an order O-50 does not make 50 USD known.
        self.amounts |= {number(match[0]) for match in ANY_NUMBER.finditer(scan.rest)}
        self.words |= {compact(match[0]) for match in WORD.finditer(scan.dateless)}
        self.digits |= set(re.findall(r"\d+", scan.dateless))
        self._currency(text)
        return self

    def __or__(self, other: Known) -> Known:
        return Known(*(getattr(self, name) | getattr(other, name) for name in self.__slots__))

    def covers(self, claim: Claim) -> bool:
        """Whether the claim is among what is known."""
        match claim.kind:
            case "amount":
                return claim.amount in self.amounts or self._day_in_disguise(claim.shown)
            case "date":
                return any(self._knows(day) for day in claim.days)
            case "email":
                return claim.shown.casefold() in self.emails
            case "phone" | "card":
                runs = re.findall(r"\d+", claim.shown)
                together = compact(claim.shown)
                return together in self.digits or (claim.kind == "phone" and all(run in self.digits for run in runs))
            case _:
                wanted = compact(claim.shown)
                return wanted in self.words or wanted in self.digits or self._ends_one(wanted)

    def _text(self, value: str) -> None:
        if re.fullmatch(r"-?\d+(?:\.\d+)?", value):
            self.amounts.add(abs(Decimal(value)))
            self.digits.add(value)
            self.words.add(compact(value))
            return
        self.hear(value)
        if len(value) <= 40:
            self.words.add(compact(value))

    def _number(self, value: Decimal, key: str) -> None:
        if not value.is_finite():
            return
        self.amounts.add(abs(value))
        if key.endswith(_CENTS):
            self.amounts.add(abs(value) / 100)
        if value == value.to_integral_value():
            self.digits.add(str(int(abs(value))))

    def _currency(self, text: str) -> None:
        self.currencies |= set(ISO_CODE.findall(text))

    def _knows(self, day: Day) -> bool:
        year, month, number_of_day = day
        return any(
            (month, number_of_day) == known[1:] and (year is None or known[0] is None or year == known[0])
            for known in self.days
        )

    def _day_in_disguise(self, shown: str) -> bool:
        """`5.11` in a German sentence is the fifth of November."""
        match = re.fullmatch(r"(\d{1,2})\.(\d{2})", shown)
        return bool(match and self._knows((None, int(match[2]), int(match[1]))))

    def _ends_one(self, wanted: str) -> bool:
        """The last four digits of a known number."""
        return len(wanted) == 4 and wanted.isdigit() and any(len(run) > 4 and run.endswith(wanted) for run in self.digits)
