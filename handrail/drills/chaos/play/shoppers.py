"""Customers of the drill's own shop: each has one order, which fits what they want."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from handrail.drills.bench.work.customers import FIRST, CustomerRows
from handrail.drills.chaos.plan import Wish
from handrail.postgres.pool import Pool, writing
from handrail.shop.demonstration.generator import Data
from handrail.shop.demonstration.seeding import copy

STATUS = {
    Wish.QUESTION: "shipped",
    Wish.SMALL: "delivered",
    Wish.CANCEL: "paid",
    Wish.LARGE: "delivered",
    Wish.PERSON: "shipped",
}
FIRST_WORDS = {
    Wish.QUESTION: "Hi, where is my order {order}? When will it be delivered?",
    Wish.SMALL: "One mug of order {order} arrived broken. Could you refund 12.50 USD for it please?",
    Wish.CANCEL: "Please cancel order {order}.",
    Wish.LARGE: "Please refund order {order}. I sent everything back last week, that is {amount} USD.",
    Wish.PERSON: "I would like to talk to a real person, please.",
}
CHEAP = Decimal(60)
"""USD: an order of less is cancelled without a person."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer with their order."""

    customer_id: str
    order_id: str
    total: Decimal
    wish: Wish
    email: str = ""

    @property
    def first_words(self) -> str:
        """The first message."""
        return FIRST_WORDS[self.wish].format(order=self.order_id, amount=f"{self.total:.2f}")


class ShopperRows(CustomerRows):
    """Rows of customers who have ordered once; what is only paid is cheap."""

    def make_lines(self, order_id: str) -> Decimal:
        """See base class."""
        if self.status != "paid":
            return super().make_lines(order_id)
        sku, price = self.random.choice([(sku, price) for sku, price in self.prices.items() if price < CHEAP])
        self.data.order_lines.append((order_id, 1, sku, 1, price))
        return price


async def shoppers(pool: Pool, wishes: Sequence[Wish]) -> list[Shopper]:
    """Put a customer for each wish into the shop."""
    now, found = datetime.now(UTC).replace(second=0, microsecond=0), []
    rows = {status: ShopperRows(now, status) for status in sorted(set(STATUS.values()))}
    for number, wish in enumerate(wishes, FIRST):
        data = rows[STATUS[wish]]
        customer_id = data.add(number).customer_id
        order = data.data.orders[-1]
        email = str(data.data.customers[-1][2])
        found.append(Shopper(customer_id, str(order[0]), Decimal(str(order[5])), wish, email))
    async with writing(pool) as connection:
        for data in rows.values():
            await copy(connection, data.data if data.data.customers else Data())
    return found
