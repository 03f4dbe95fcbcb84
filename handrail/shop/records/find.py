"""Orders that are good to try something with."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from handrail.shop import queries
from handrail.shop.actions.arguments import Status
from handrail.shop.records.money import Money
from handrail.shop.records.rows import ShopRow


class FoundOrder(ShopRow):
    """An order with what matters for trying. Amounts in USD; `refundable` is 0 unless a refund is possible now;
    `customer_refunded` is what the customer got back in the last 30 days, on all orders."""

    order_id: str
    customer_id: str
    language: str
    status: Status
    total: Money
    paid: Money
    refunded: Money
    refundable: Money
    customer_refunded: Money
    max_quantity: int
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None


async def find(
    connection: Any,
    *,
    refundable_over: Decimal | float | None = None,
    refundable_under: Decimal | float | None = None,
    total_over: Decimal | float | None = None,
    total_under: Decimal | float | None = None,
    status: Status | None = None,
    shipped: bool | None = None,
    refunded: bool | None = None,
    quantity_over: int | None = None,
    quantity_up_to: int | None = 20,
    delivered_within_days: int | None = None,
    customer_id: str | None = None,
    language: str | None = None,
    now: datetime | None = None,
    limit: int = 10,
) -> list[FoundOrder]:
    """Find at most one order per customer, customers without recent refunds first, then by order number.

    What is None does not matter. `now` (UTC) is what days are counted back from; today where it is None. Orders with more
    than 20 of anything are left out unless `quantity_up_to` or `quantity_over` says otherwise: the policies stop them.
    """
    return await queries.rows(
        connection,
        "find",
        FoundOrder,
        refundable_over=refundable_over,
        refundable_under=refundable_under,
        total_over=total_over,
        total_under=total_under,
        status=status,
        shipped=shipped,
        refunded=refunded,
        quantity_over=quantity_over,
        quantity_up_to=None if quantity_over is not None else quantity_up_to,
        delivered_within_days=delivered_within_days,
        customer_id=customer_id,
        language=language,
        now=now or datetime.now(UTC),
        limit=limit,
    )
