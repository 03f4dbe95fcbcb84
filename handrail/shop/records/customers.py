"""The shop's facts of a customer: for policies, the escalation matrix and live controls."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from handrail.business import CustomerFact, FactType
from handrail.shop import queries
from handrail.shop.records.money import number
from handrail.shop.records.rows import ShopRow

VIP_USD = Decimal(1_500)
"""Paid in all and not paid back: from here a customer counts as `vip`."""
NEW_DAYS = 30
MANY_REFUNDS = 3
"""Refunds in 90 days from which a customer carries the flag `many_refunds`."""

SEGMENTS = ("vip", "new", "regular")

CUSTOMER_FACTS = {
    "value": FactType.TEXT,
    "account_age_days": FactType.NUMBER,
    "orders": FactType.NUMBER,
    "spent_usd": FactType.NUMBER,
    "refunds_90d": FactType.NUMBER,
    "segments": FactType.TEXTS,
    "flags": FactType.TEXTS,
}


class CustomerStanding(ShopRow):
    """A customer's orders and money in all, USD; `refunds_90d` is how many refunds there were in 90 days."""

    created_at: datetime
    orders: int
    cancelled: int
    spent: Decimal
    refunded: Decimal
    refunds_90d: int

    def value(self, now: datetime) -> str:
        """`vip`, `new` or `regular`."""
        if self.spent - self.refunded >= VIP_USD:
            return "vip"
        return "new" if (now - self.created_at).days < NEW_DAYS else "regular"

    def flags(self) -> list[str]:
        """List what a person would want to know before anything is given away."""
        found = {
            "many_refunds": self.refunds_90d >= MANY_REFUNDS,
            "mostly_cancelled": self.cancelled * 2 > self.orders,
        }
        return [name for name, carried in found.items() if carried]


async def customer(connection: Any, customer_id: str, now: datetime) -> dict[str, CustomerFact]:
    """Read the customer's facts as declared in `CUSTOMER_FACTS`; none for an account that there is not."""
    found = await queries.row(connection, "customer_facts", CustomerStanding, customer_id=customer_id, now=now)
    if found is None:
        return {}
    value = found.value(now)
    return {
        "value": value,
        "account_age_days": (now - found.created_at).days,
        "orders": found.orders,
        "spent_usd": number(found.spent - found.refunded),
        "refunds_90d": found.refunds_90d,
        "segments": [value],
        "flags": found.flags(),
    }
