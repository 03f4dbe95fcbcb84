"""Conditions of the matrix on a case. A condition that a case says nothing about does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from handrail.domain.base import Model
from handrail.domain.case.classification import Risk
from handrail.domain.team.hours import Between, Weekday, WorkingHours, clock

LISTS = ("reason", "topic", "risk", "language")
CLOCK = ("open", "weekday", "hour")


class MatrixCase(Model):
    """A case as the matrix sees it. `customer` is what the business tells of them.

    `amount` is the largest one at stake, in the business's currency; infinite where it cannot be converted.
    """

    reason: str
    topic: str
    risk: str = Risk.LOW.value
    language: str = "en"
    amount: Decimal | None = Field(default=None, allow_inf_nan=True)
    customer: dict[str, Any] = Field(default_factory=dict)
    at: datetime | None = None


class AmountBounds(Model):
    """The bounds of an amount, `at_least` within and `below` without: rows for neighbouring amounts leave no gap."""

    at_least: Decimal | None = None
    below: Decimal | None = None

    @model_validator(mode="after")
    def _hold_something(self) -> AmountBounds:
        if self.at_least is None and self.below is None:
            raise ValueError("needs at_least, below or both, for example {at_least: 500}")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError(f"holds nothing: at_least {self.at_least:g} is not under below {self.below:g}")
        return self

    def hold(self, value: Any) -> bool:
        """Return whether the number lies within; anything else does not."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return False
        value = Decimal(str(value))
        if value.is_nan():
            return False
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)

    def cover(self, inner: AmountBounds) -> bool:
        """Return whether everything within `inner` lies within these."""
        low = self.at_least is None or (inner.at_least is not None and inner.at_least >= self.at_least)
        return low and (self.below is None or (inner.below is not None and inner.below <= self.below))


Wanted = AmountBounds | list[str]


class When(Model):
    """Each key that is given must hold for the case; an empty `when` matches every case.

    `customer` names facts that the business tells: bounds for a number, a list of words for a text or a list of texts.
    `open`, `weekday` and `hour` go by the matrix's `hours`.
    """

    reason: list[str] | None = Field(default=None, min_length=1)
    topic: list[str] | None = Field(default=None, min_length=1)
    risk: list[Risk] | None = Field(default=None, min_length=1)
    language: list[str] | None = Field(default=None, min_length=1)
    amount: AmountBounds | None = None
    customer: dict[str, Wanted] | None = Field(default=None, min_length=1)
    open: bool | None = None
    weekday: list[Weekday] | None = Field(default=None, min_length=1)
    hour: Between | None = None

    def given(self) -> dict[str, Any]:
        """The keys that are given, with what they want."""
        return {key: value for key in type(self).model_fields if (value := getattr(self, key)) is not None}

    def hold(self, case: MatrixCase, hours: WorkingHours | None) -> bool:
        """Return whether the row is for this case."""
        given = self.given()
        if any(getattr(case, key) not in given[key] for key in LISTS if key in given):
            return False
        if self.amount is not None and not self.amount.hold(case.amount):
            return False
        if any(not _fits(wanted, case.customer.get(name)) for name, wanted in (self.customer or {}).items()):
            return False
        return not any(key in given for key in CLOCK) or self._now(case.at, hours)

    def _now(self, at: datetime | None, hours: WorkingHours | None) -> bool:
        if at is None or hours is None:
            return False
        local = hours.local(at)
        return (
            (self.open is None or hours.is_open(at) is self.open)
            and (self.weekday is None or Weekday.of(local.date()) in self.weekday)
            and (self.hour is None or local.hour * 60 + local.minute in self.hour.minutes())
        )

    def cover(self, inner: When) -> bool:
        """Return whether every case of `inner` is a case of these, for certain."""
        given = inner.given()
        return all(key in given and _covers(wanted, given[key]) for key, wanted in self.given().items())


def _fits(wanted: Wanted, fact: Any) -> bool:
    if isinstance(wanted, AmountBounds):
        return wanted.hold(fact)
    found = fact if isinstance(fact, list) else [fact]
    return any(_word(one) in wanted for one in found)


def _word(value: Any) -> str:
    """Write the value as it stands in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _covers(wide: Any, narrow: Any) -> bool:
    match wide, narrow:
        case AmountBounds(), AmountBounds():
            return wide.cover(narrow)
        case Between(), Between():
            return wide.minutes() >= narrow.minutes()
        case list(), list():
            return set(wide) >= set(narrow)
        case Mapping(), Mapping():
            return all(name in narrow and _covers(wanted, narrow[name]) for name, wanted in wide.items())
        case _:
            return bool(wide == narrow)


def in_words(when: When) -> list[str]:
    """The conditions as a person reads them, one a line."""
    return [f"{key}: {_said(value)}" for key, value in when.given().items()]


def _said(value: Any) -> str:
    match value:
        case AmountBounds():
            low = f"from {value.at_least:g}" if value.at_least is not None else ""
            return " ".join(filter(None, (low, f"below {value.below:g}" if value.below is not None else "")))
        case Between():
            return f"{clock(value.start)}–{clock(value.end)}"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "; ".join(f"{name} {_said(wanted)}" for name, wanted in value.items())
        case list():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value)
