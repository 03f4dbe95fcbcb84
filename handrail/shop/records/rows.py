"""The shop's rows as typed models, with what follows from them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from handrail.shop.actions.arguments import Status


class ShopRow(BaseModel):
    """Immutable; columns that a newer query returns are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Customer(ShopRow):
    """An account; `orders` is how many it has placed."""

    customer_id: str
    name: str
    email: str
    language: str
    created_at: datetime
    orders: int

    @property
    def masked_email(self) -> str:
        """Enough to recognise, too little to use."""
        local, _, domain = self.email.partition("@")
        return f"{local[:1]}***@{domain}"


class OrderLine(ShopRow):
    """One product of an order."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


class Order(ShopRow):
    """An order with its address, shipment and money. Amounts in USD; `authorised` is held on the card, not yet taken."""

    order_id: str
    customer_id: str
    status: Status
    shipping: Decimal
    total: Decimal
    placed_at: datetime
    cancelled_at: datetime | None
    recipient: str
    street: str
    city: str
    postal_code: str
    country: str
    carrier: str | None
    tracking_code: str | None
    shipped_at: datetime | None
    due_at: datetime | None
    delivered_at: datetime | None
    redirected_at: datetime | None
    paid: Decimal
    authorised: Decimal
    payment_id: str | None
    refunded: Decimal
    refunds: int
    lines: list[OrderLine]

    @property
    def left(self) -> Decimal:
        """The money that was paid and has not gone back, USD."""
        return self.paid - self.refunded

    @property
    def address(self) -> str:
        """The address on one line."""
        return f"{self.recipient}, {self.street}, {self.postal_code} {self.city}, {self.country}"

    @property
    def items(self) -> str:
        """The items on one line: `2 × Desk Lamp Arvo, 1 × Kettle Brisk`."""
        return ", ".join(f"{line.quantity} × {line.name}" for line in self.lines)

    @property
    def max_quantity(self) -> int:
        """The largest quantity on one line."""
        return max(line.quantity for line in self.lines)

    def days_since_delivery(self, now: datetime) -> int:
        """Whole days, or -1 while it is not delivered."""
        return (now - self.delivered_at).days if self.delivered_at else -1


class Returned(ShopRow):
    """A refund as it stands on its payment."""

    refund_id: str
    amount: Decimal
    origin: str
    created_at: datetime


class Payment(ShopRow):
    """A payment with what went back."""

    payment_id: str
    order_id: str
    method: str
    status: str
    amount: Decimal
    refunded: Decimal
    created_at: datetime
    captured_at: datetime | None
    refunds: list[Returned]


class Sum(ShopRow):
    """A sum of money, USD."""

    amount: Decimal


class Resets(ShopRow):
    """Password resets of one customer: how many in a day, and the latest."""

    last_day: int
    latest: datetime | None


class RefundId(ShopRow):
    """The id that the database gave to a new refund."""

    refund_id: str


class AddressId(ShopRow):
    """The id that the database gave to a new address."""

    address_id: int
