"""Money in USD: Decimal in Python, numeric in PostgreSQL, a number with two decimals in JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

USD = "USD"
CENT = Decimal("0.01")
LARGEST = Decimal(100_000)


def number(amount: Decimal) -> float:
    """A JSON number. Exact in both directions: two decimals below 10^13 survive a float's shortest text."""
    return float(amount.quantize(CENT))


def usd(amount: Decimal) -> str:
    """Write an amount for people: `180.00 USD`."""
    return f"{amount.quantize(CENT):.2f} {USD}"


def exact(value: Any) -> Any:
    """A JSON number by its text, never by its binary value; a flag is not an amount."""
    if isinstance(value, bool):
        raise ValueError("must be an amount in USD such as 49.90, not true or false")
    return repr(value) if isinstance(value, float) else value


Money = Annotated[
    Decimal,
    BeforeValidator(exact),
    Field(ge=0, le=LARGEST, decimal_places=2),
    PlainSerializer(number, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": float(LARGEST)}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(exact),
    Field(gt=0, le=LARGEST, decimal_places=2),
    PlainSerializer(number, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": float(LARGEST)}),
]
