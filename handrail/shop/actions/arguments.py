"""The arguments of every tool, as the model and a reviewer see them.

A *pinned* field is no business of the model's and is left out of its schema: the preview fills it in with what the ruling
was made on, and the effect refuses to run once that no longer holds. So nothing that happens between ruling and effect
(another refund, a payment that arrives, a parcel that leaves) can carry an effect past a threshold.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from handrail.shop.records.money import Amount, Money

Status = Literal["pending", "paid", "shipped", "delivered", "cancelled"]
OrderId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[Oo]-[0-9]{5,9}$"),
    Field(description="the order's number, such as O-10021"),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    Field(description="why, in one short sentence taken from what the customer said; may be empty"),
]


# One line of an address: printable text, nothing that could be markup.
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f<>]+$")]


class ShopArguments(BaseModel):
    """A field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CustomerArguments(ShopArguments):
    """No arguments: the customer is the case's own."""


class ListOrders(ShopArguments):
    """A choice of the customer's orders."""

    status: Status | None = Field(default=None, description="only orders with this status; leave out for all")
    limit: int = Field(default=10, ge=1, le=50, description="how many at most, newest first")


class OneOrder(ShopArguments):
    """One of the customer's orders."""

    order_id: OrderId


class ListPayments(ShopArguments):
    """Payments of one order or of all."""

    order_id: OrderId | None = Field(default=None, description="only payments of this order; leave out for all")
    limit: int = Field(default=10, ge=1, le=50, description="how many at most, newest first")


class RefundOrder(OneOrder):
    """Give money back."""

    amount: Amount = Field(
        description="USD to give back, with at most two decimals; refund_eligibility tells the most possible"
    )
    reason: Reason = ""
    refunded_before: SkipJsonSchema[Money | None] = Field(default=None, title="pinned", description="refunded in 30 days, USD")


class CancelOrder(OneOrder):
    """Cancel and give back what was paid."""

    reason: Reason = ""
    refund: SkipJsonSchema[Money | None] = Field(default=None, title="pinned", description="what is paid back, USD")
    refunded_before: SkipJsonSchema[Money | None] = Field(default=None, title="pinned", description="refunded in 30 days, USD")


class ChangeAddress(OneOrder):
    """Send an order somewhere else."""

    street: Line = Field(description="street with house number")
    postal_code: Line = Field(max_length=16, description="postal code or ZIP code")
    city: Line = Field(description="town or city")
    country: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$")] | None = Field(
        default=None, description="country as two letters, such as US or DE; leave out if it stays the same"
    )
    recipient: Line | None = Field(default=None, description="who receives it; leave out if it stays the same")
    order_status: SkipJsonSchema[Status | None] = Field(default=None, title="pinned", description="before the change")
