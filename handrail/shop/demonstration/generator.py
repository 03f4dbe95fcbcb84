"""The demonstration shop's data: the same seed and anchor give the same rows, another anchor the same rows on other dates.

Every date is a distance from the anchor, so that 'delivered ten days ago' holds on the day it is seeded, whichever that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from handrail.shop.demonstration import words

CUSTOMERS = 1_000
ORDERS = 5_000
STATUSES = {"pending": 6, "paid": 14, "shipped": 13, "delivered": 57, "cancelled": 10}
METHODS = {"card": 70, "wallet": 20, "bank_transfer": 8, "invoice": 2}
FREE_SHIPPING_FROM = Decimal(60)
SHIPPING = Decimal("4.90")

Values = tuple[object, ...]


@dataclass
class Data:
    """Rows per table, in the order of the columns that `seeding.TABLES` names."""

    customers: list[Values] = field(default_factory=list)
    addresses: list[Values] = field(default_factory=list)
    products: list[Values] = field(default_factory=list)
    orders: list[Values] = field(default_factory=list)
    order_lines: list[Values] = field(default_factory=list)
    shipments: list[Values] = field(default_factory=list)
    payments: list[Values] = field(default_factory=list)
    refunds: list[Values] = field(default_factory=list)


def generate(seed: int, anchor: datetime) -> Data:
    """1,000 customers and 5,000 orders around `anchor` (UTC)."""
    return Generator(seed, anchor).run()


class Generator:
    """One run. Chance comes from one seeded source in one fixed order."""

    def __init__(self, seed: int, anchor: datetime) -> None:
        self.random = Random(seed)  # noqa: S311 - data to try things with, no secret
        self.anchor = anchor
        self.data = Data()
        self.prices: dict[str, Decimal] = {}

    def run(self) -> Data:
        """Everything."""
        self.make_products()
        for number in range(1, CUSTOMERS + 1):
            self.make_customer(number)
        for number in range(1, ORDERS + 1):
            # Everybody has ordered at least twice; the rest falls where it falls.
            self.make_order(number, (number - 1) % CUSTOMERS if number <= 2 * CUSTOMERS else self.random.randrange(CUSTOMERS))
        return self.data

    def ago(self, low: float, high: float) -> datetime:
        """Between `low` and `high` days before the anchor, on a whole minute."""
        return self.anchor - timedelta(minutes=self.random.randint(int(low * 1440), int(high * 1440)))

    def pick(self, weights: dict[str, int]) -> str:
        """One key, as often as its weight says."""
        return self.random.choices(list(weights), list(weights.values()))[0]

    def make_products(self) -> None:
        """Every kind in every series."""
        for kind, letters, low, high in words.KINDS:
            for position, series in enumerate(words.SERIES, start=1):
                sku = f"{letters}-{position:03d}"
                self.prices[sku] = Decimal(self.random.randint(low, high)) - Decimal(
                    self.random.choice(("0.00", "0.05", "0.50"))
                )
                self.data.products.append((sku, f"{kind} {series}", self.prices[sku]))

    def make_customer(self, number: int) -> None:
        """An account and its address; address ids are 1 and up, as customers'."""
        given = self.random.choice(words.GIVEN)
        family = self.random.choice(words.FAMILY_HEAD) + self.random.choice(words.FAMILY_TAIL)
        city, country = self.random.choice(words.CITIES)
        customer_id, since = f"C-{number:04d}", self.ago(250, 1500)
        email = f"{given}.{family}.{number}@example.net".lower()
        self.data.customers.append((customer_id, f"{given} {family}", email, words.LANGUAGES[country], since))
        street = f"{self.random.randint(1, 240)} {self.random.choice(words.STREETS)}"
        code = f"{self.random.randint(10_000, 99_999)}"
        self.data.addresses.append((number, customer_id, f"{given} {family}", street, city, code, country, since))

    def make_order(self, number: int, customer: int) -> None:
        """An order with its lines, shipment, payment and refunds, all fitting its status."""
        order_id, status = f"O-{10_000 + number}", self.pick(STATUSES)
        amount = self.make_lines(order_id)
        shipping = Decimal("0.00") if amount >= FREE_SHIPPING_FROM else SHIPPING
        placed, shipped, delivered, cancelled = self.dates(status)
        self.data.orders.append(
            (order_id, f"C-{customer + 1:04d}", customer + 1, status, shipping, amount + shipping, placed, cancelled)
        )
        if shipped:
            tracking = f"TRK{self.random.randint(10**8, 10**9 - 1)}{number:05d}"
            self.data.shipments.append(
                (order_id, self.random.choice(words.CARRIERS), tracking, shipped, shipped + timedelta(days=6), delivered)
            )
        self.make_payments(number, order_id, status, amount + shipping, placed, delivered or cancelled)

    def make_lines(self, order_id: str) -> Decimal:
        """One to four products, mostly one of each; now and then somebody orders for a whole office. The sum in USD."""
        total = Decimal(0)
        cheap_first = sorted(self.prices, key=self.prices.__getitem__)
        for line in range(1, self.random.choices((1, 2, 3, 4), (55, 25, 14, 6))[0] + 1):
            # The lower of two draws: many small orders, a few of more than a thousand.
            sku = cheap_first[min(self.random.randrange(len(cheap_first)), self.random.randrange(len(cheap_first)))]
            quantity = self.random.choices((1, 2, 3, 4, 24, 260), (700, 180, 70, 40, 8, 2))[0]
            if self.prices[sku] > 25 and quantity > 4:
                quantity = 1
            self.data.order_lines.append((order_id, line, sku, quantity, self.prices[sku]))
            total += quantity * self.prices[sku]
        return total

    def dates(self, status: str) -> tuple[datetime, datetime | None, datetime | None, datetime | None]:
        """Placed, shipped, delivered, cancelled."""
        day = timedelta(days=1)
        if status in ("pending", "paid"):
            return self.ago(0.1, 2), None, None, None
        if status == "shipped":
            shipped = self.ago(0.2, 5)
            return shipped - self.random.randint(1, 2) * day, shipped, None, None
        if status == "delivered":
            delivered = self.ago(1, 25) if self.random.random() < 0.5 else self.ago(35, 180)
            shipped = delivered - self.random.randint(2, 6) * day
            return shipped - self.random.randint(1, 2) * day, shipped, delivered, None
        cancelled = self.ago(1, 120)
        return cancelled - self.random.randint(1, 30) * timedelta(hours=1), None, None, cancelled

    def make_payments(
        self, number: int, order_id: str, status: str, total: Decimal, placed: datetime, ended: datetime | None
    ) -> None:
        """Make an order's payments and refunds. Payment numbers end like their order's; a failed attempt comes before."""
        method, soon = self.pick(METHODS), placed + timedelta(minutes=self.random.randint(1, 30))
        if self.random.random() < 0.04:
            self.data.payments.append((f"P-{30_000 + number}", order_id, method, "failed", total, placed, None))
        state = "captured"
        if status == "pending":
            state = self.random.choice(("authorised", "failed", "none"))
        if status == "cancelled":
            state = self.random.choice(("captured", "captured", "voided"))
        if state == "none":
            return
        payment_id = f"P-{20_000 + number}"
        self.data.payments.append((payment_id, order_id, method, state, total, soon, soon if state == "captured" else None))
        if state == "captured" and ended:
            for amount, origin, reason, at in self.refunds(status, total, ended):
                self.data.refunds.append((f"R-{order_id[2:]}", payment_id, order_id, amount, origin, reason, at))

    def refunds(self, status: str, total: Decimal, ended: datetime) -> Iterator[tuple[Decimal, str, str, datetime]]:
        """All of a cancelled order; of a delivered one a part now and then, rarely all."""
        if status == "cancelled":
            yield total, "cancellation", "order cancelled", ended
        elif self.random.random() < 0.07:
            part = (
                total if self.random.random() < 0.15 else (total * self.random.randint(10, 60) / 100).quantize(Decimal("0.01"))
            )
            yield part, "refund", self.random.choice(words.REASONS), min(ended + timedelta(days=2), self.anchor)
