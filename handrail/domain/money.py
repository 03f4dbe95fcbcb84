"""Sums of money in several currencies, and what they are worth in the business's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pydantic import Field

from handrail.domain.base import Model
from handrail.domain.text.figures.mentions import mentions

UNKNOWN = Decimal("Infinity")
"""What nobody can convert, or read, is above every bound: a person looks at it."""


class Money(NamedTuple):
    """An amount with the ISO codes that its currency may be; none where none was named."""

    amount: Decimal
    currencies: frozenset[str] = frozenset()

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Return the amount in one currency, by its ISO code.

        Raises:
            TypeError: it is a float, which holds no exact sum.
            ValueError: it is a text that is no number.
        """
        if isinstance(amount, float):
            raise TypeError(f"{amount!r} is a float, which holds no exact sum; give a Decimal, an int, or a text")
        try:
            return cls(Decimal(amount), frozenset((currency,)))
        except InvalidOperation:
            raise ValueError(f"{amount!r} is no number") from None

    def __str__(self) -> str:
        """The amount with its currency, as policies write it: '12.50 USD'."""
        return " ".join([f"{self.amount:f}", *sorted(self.currencies)])


class Rates(Model):
    """The currency of a business, and the worth of one unit of other currencies in it, as of a day."""

    version: int = Field(ge=1, le=1)
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="the currency of every amount in the business's files")
    at: date | None = Field(default=None, description="the day of the rates")
    rates: dict[str, Decimal] = Field(default_factory=dict, description="one unit of another currency, in `currency`")

    def worth(self, money: Money) -> Decimal:
        """Return what `money` is worth; `UNKNOWN` where no rate is given. Of several currencies the dearest counts."""
        if not money.currencies or self.currency in money.currencies:
            return money.amount
        known = [money.amount * self.rates[code] for code in money.currencies if code in self.rates]
        return max(known, default=UNKNOWN)


def largest(amounts: Collection[Money], rates: Rates | None) -> Decimal | None:
    """Return the largest of `amounts` in the business's currency, None for no amount.

    Without `rates` amounts of one currency count as they stand; amounts of several cannot be compared: `UNKNOWN`.
    """
    if any(one.amount == UNKNOWN for one in amounts):
        return UNKNOWN
    amounts = [one for one in amounts if one.amount.is_finite()]
    if not amounts:
        return None
    if rates:
        return max(rates.worth(one) for one in amounts)
    return max(one.amount for one in amounts) if _comparable(amounts) else UNKNOWN


def named(text: str, language: str | None = None) -> Iterable[Money]:
    """Read the sums that a text names; of an ambiguous one the likeliest reading, '$20 M' is a shirt for 20.

    A row of more figures than are read holds a sum that is `UNKNOWN`.
    """
    for mention in mentions(text, language):
        if mention.row:
            yield Money(UNKNOWN)
        elif mention.kind == "amount" and mention.readings:
            yield Money(mention.readings[0], mention.currencies)


def _comparable(amounts: Iterable[Money]) -> bool:
    stated = [one.currencies for one in amounts if one.currencies]
    return not stated or bool(frozenset.intersection(*stated))
