"""Customers of the bench's own shop: each asks once, because a second question of the same customer goes to a person."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from handrail.postgres.pool import Pool, writing
from handrail.shop.demonstration.generator import STATUSES, Generator
from handrail.shop.demonstration.seeding import SEED, copy

FIRST = 100_000
BULK = 1_000
LEAST_REFUND = 150
"""USD that are given back only with a person's approval; twice as much is still not refused."""
PRICES = range(30, 150)
QUESTION = "Hi, where is my order {order}? When will it be delivered?"
REQUEST = "Please refund order {order}. I sent everything back last week, that is {amount} USD."


@dataclass(frozen=True, slots=True)
class Letter:
    """A customer's letter."""

    customer_id: str
    text: str


class CustomerRows(Generator):
    """Rows of customers who have ordered once; every order has the same status."""

    def __init__(self, anchor: datetime, status: str) -> None:
        super().__init__(SEED, anchor)
        self.status = status
        self.make_products()
        self.data.products.clear()

    def add(self, number: int) -> Letter:
        """Add a customer with an order, and return what they write."""
        self.make_customer(number)
        customer_id, name, email, _, since = self.data.customers.pop()
        self.data.customers.append((customer_id, name, email, "en", since))
        self.make_order(number, number - 1)
        order_id, total = self.data.orders[-1][0], self.data.orders[-1][5]
        words = QUESTION if self.status == "shipped" else REQUEST
        return Letter(str(customer_id), words.format(order=order_id, amount=f"{total:.2f}"))

    def pick(self, weights: Mapping[str, int]) -> str:
        """See base class; the status is fixed."""
        return self.status if weights is STATUSES else super().pick(dict(weights))

    def dates(self, status: str) -> tuple[datetime, datetime | None, datetime | None, datetime | None]:
        """See base class; what was delivered came within the time in which money is given back."""
        if status != "delivered":
            return super().dates(status)
        delivered = self.ago(1, 20)
        return delivered - timedelta(days=4), delivered - timedelta(days=3), delivered, None

    def make_lines(self, order_id: str) -> Decimal:
        """See base class; where money is to be given back, a single line whose sum a person has to approve."""
        if self.status != "delivered":
            return super().make_lines(order_id)
        fitting = [(sku, price) for sku, price in self.prices.items() if PRICES.start <= price <= PRICES.stop]
        sku, price = self.random.choice(fitting)
        quantity = int(LEAST_REFUND // price) + 1
        self.data.order_lines.append((order_id, 1, sku, quantity, price))
        return quantity * price

    def make_payments(
        self, number: int, order_id: str, status: str, total: Decimal, placed: datetime, ended: datetime | None
    ) -> None:
        """See base class; everything is paid, and nothing has gone back."""
        at = placed + timedelta(minutes=10)
        self.data.payments.append((f"P-{20_000 + number}", order_id, "card", "captured", total, at, at))


class BenchCustomers:
    """Letters of customers who have not written yet; more customers are put into the shop when they run out."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._number = FIRST
        self._ready: dict[str, deque[Letter]] = {"shipped": deque(), "delivered": deque()}

    async def questions(self, count: int) -> list[Letter]:
        """Return so many questions about orders that are under way."""
        return await self._letters("shipped", count)

    async def refunds(self, count: int) -> list[Letter]:
        """Return so many requests for money that a person has to approve."""
        return await self._letters("delivered", count)

    async def _letters(self, status: str, count: int) -> list[Letter]:
        ready = self._ready[status]
        while len(ready) < count:
            await self._fill(status)
        return [ready.popleft() for _ in range(count)]

    async def _fill(self, status: str) -> None:
        rows = CustomerRows(datetime.now(UTC).replace(second=0, microsecond=0), status)
        letters = [rows.add(number) for number in range(self._number, self._number + BULK)]
        async with writing(self._pool) as connection:
            await copy(connection, rows.data)
        self._number += BULK
        self._ready[status].extend(letters)
