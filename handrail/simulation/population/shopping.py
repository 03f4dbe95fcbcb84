"""The order behind a matter: what a customer writes about was bought at a fitting time, for a fitting price."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from handrail.shop.demonstration import words
from handrail.shop.records.rows import OrderLine
from handrail.simulation.chance import drawn
from handrail.simulation.population.matters import Matter
from handrail.simulation.world.goods import ShopAccount, StoredOrder

DAY = timedelta(days=1)
CENTS = Decimal("0.01")


def account(seed: int, customer_id: str, language: str, before: datetime) -> ShopAccount:
    """Return the customer's account as it is when they first write."""
    chance = drawn(seed, "account", customer_id)
    family = chance.choice(words.FAMILY_HEAD) + chance.choice(words.FAMILY_TAIL)
    since = before - timedelta(days=chance.randint(45, 1_500))
    return ShopAccount(customer_id, f"{chance.choice(words.GIVEN)} {family}", language, since)


def order(seed: int, matter: Matter, holder: ShopAccount) -> StoredOrder:
    """Return the order that the matter is about; what is neither on its way nor there yet was placed lately."""
    chance = drawn(seed, "order", matter.matter_id)
    placed, shipped, delivered = times(chance, matter)
    city, country = chance.choice(words.CITIES)
    price = max(matter.amount * Decimal(str(round(chance.uniform(1.0, 1.6), 2))), Decimal(6)).quantize(CENTS)
    kind, letters, _, _ = chance.choice(words.KINDS)
    line = OrderLine(sku=f"{letters}-001", name=f"{kind} {words.SERIES[0]}", quantity=1, unit_price=price, amount=price)
    return StoredOrder(
        order_id=f"O-{int(drawn(seed, 'number', matter.matter_id).random() * 10**8) + 10**8}",
        customer_id=holder.customer_id,
        lines=[line],
        shipping=Decimal("0.00"),
        placed_at=placed,
        shipped_at=shipped,
        delivered_at=delivered,
        recipient=holder.name,
        street=f"{chance.randint(1, 240)} {chance.choice(words.STREETS)}",
        city=city,
        postal_code=f"{chance.randint(10_000, 99_999)}",
        country=country,
    )


def times(chance: Random, matter: Matter) -> tuple[datetime, datetime, datetime]:
    """Draw when the order was placed, leaves and arrives, so that the matter makes sense when it is written about."""
    now = matter.at
    if matter.wants in ("cancel", "address"):
        placed = now - timedelta(hours=chance.uniform(0.2, 20))
        shipped = now + timedelta(hours=chance.uniform(30, 70))
        return placed, shipped, shipped + chance.randint(2, 5) * DAY
    if matter.wants in ("status", "payment"):
        shipped = now - timedelta(days=chance.uniform(0.2, 4))
        return shipped - DAY, shipped, shipped + timedelta(days=chance.uniform(4.5, 6))
    delivered = now - timedelta(days=chance.uniform(1, 26))
    shipped = delivered - chance.randint(2, 5) * DAY
    return shipped - DAY, shipped, delivered
