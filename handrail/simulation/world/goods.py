"""The shop's accounts and orders as a simulation keeps them: an order's status follows from the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from handrail.shop.actions.arguments import Status
from handrail.shop.records.rows import Order, OrderLine, Payment, Returned

CARRIER = "Parcel North"
LASTS = timedelta(days=6)


@dataclass(slots=True)
class Refund:
    """Money that went back on an order."""

    refund_id: str
    amount: Decimal
    origin: str
    at: datetime


@dataclass(slots=True)
class StoredOrder:
    """An order: it is paid at once, leaves at `shipped_at`, arrives at `delivered_at`, unless it is cancelled before."""

    order_id: str
    customer_id: str
    lines: list[OrderLine]
    shipping: Decimal
    placed_at: datetime
    shipped_at: datetime
    delivered_at: datetime
    recipient: str
    street: str
    city: str
    postal_code: str
    country: str
    cancelled_at: datetime | None = None
    redirected_at: datetime | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """The sum that was paid, USD."""
        return sum((line.amount for line in self.lines), self.shipping)

    @property
    def refunded(self) -> Decimal:
        """The sum that went back, USD."""
        return sum((one.amount for one in self.refunds), Decimal(0))

    def status(self, now: datetime) -> Status:
        """The status at that moment, in the shop's words."""
        if self.cancelled_at:
            return "cancelled"
        if now >= self.delivered_at:
            return "delivered"
        return "shipped" if now >= self.shipped_at else "paid"

    def row(self, now: datetime) -> Order:
        """The order as the shop's query `orders` gives it."""
        left = not self.cancelled_at and now >= self.shipped_at
        return Order.model_construct(
            order_id=self.order_id,
            customer_id=self.customer_id,
            status=self.status(now),
            shipping=self.shipping,
            total=self.total,
            placed_at=self.placed_at,
            cancelled_at=self.cancelled_at,
            recipient=self.recipient,
            street=self.street,
            city=self.city,
            postal_code=self.postal_code,
            country=self.country,
            carrier=CARRIER if left else None,
            tracking_code=f"TRK{self.order_id[2:]}" if left else None,
            shipped_at=self.shipped_at if left else None,
            due_at=self.shipped_at + LASTS if left else None,
            delivered_at=self.delivered_at if left and now >= self.delivered_at else None,
            redirected_at=self.redirected_at,
            paid=self.total,
            authorised=Decimal(0),
            payment_id=f"P-{self.order_id[2:]}",
            refunded=self.refunded,
            refunds=len(self.refunds),
            lines=self.lines,
        )

    def payment(self) -> Payment:
        """The order's payment as the shop's query `payments` gives it."""
        return Payment.model_construct(
            payment_id=f"P-{self.order_id[2:]}",
            order_id=self.order_id,
            method="card",
            status="captured",
            amount=self.total,
            refunded=self.refunded,
            created_at=self.placed_at,
            captured_at=self.placed_at + timedelta(minutes=5),
            refunds=[
                Returned(refund_id=one.refund_id, amount=one.amount, origin=one.origin, created_at=one.at)
                for one in self.refunds
            ],
        )


@dataclass(slots=True)
class ShopAccount:
    """A customer's account with its orders, the oldest first."""

    customer_id: str
    name: str
    language: str
    created_at: datetime
    orders: list[StoredOrder] = field(default_factory=list)
    resets: list[datetime] = field(default_factory=list)

    @property
    def email(self) -> str:
        """The address in the account."""
        return f"{self.name.replace(' ', '.').lower()}.{self.customer_id[2:]}@example.net"

    def refunds(self) -> list[Refund]:
        """Everything that went back to the customer."""
        return [refund for order in self.orders for refund in order.refunds]
