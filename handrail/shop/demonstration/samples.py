"""Messages that between them take every path, about orders that are really there."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from handrail.domain.errors import BusinessRefused
from handrail.shop.records.find import FoundOrder, find


@dataclass(frozen=True, slots=True)
class ShopSample:
    """A sample: the order it needs, and what its customer writes. `{order}`, `{amount}` and `{total}` are filled in.

    `amount` is what is asked back: a fixed sum where given, else all that can be refunded.
    """

    path: str
    text: str
    needs: dict[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None


SMALL: dict[str, Any] = {"status": "delivered", "refunded": False, "delivered_within_days": 25}

SAMPLES = (
    ShopSample("resolved", "Hi, where is my order {order}? When will it be delivered?", {"status": "shipped"}),
    ShopSample(
        "refund",
        "One thing in order {order} arrived broken. Could you refund {amount} USD for it please?",
        {**SMALL, "refundable_over": 30, "refundable_under": 90},
        Decimal("12.50"),
    ),
    ShopSample(
        "refund held",
        "Please refund order {order}. I sent everything back last week, that is {amount} USD.",
        {**SMALL, "refundable_over": 120, "refundable_under": 480},
    ),
    ShopSample(
        "refund blocked",
        "I want a full refund of {amount} USD for order {order}, it is not what I ordered.",
        {**SMALL, "refundable_over": 600},
    ),
    ShopSample(
        "second refund held",
        "Another item of order {order} is damaged as well, please refund {amount} USD more.",
        {"status": "delivered", "refunded": True, "refundable_over": 40},
        Decimal("9.90"),
    ),
    ShopSample("cancel", "Please cancel order {order}, I ordered it by mistake.", {"status": "paid", "total_under": 90}),
    ShopSample(
        "cancel held",
        "I don't need order {order} any more. Please cancel it.",
        {"status": "paid", "total_over": 150, "total_under": 480},
    ),
    ShopSample(
        "address",
        "I am moving. Please send order {order} to 12 Harbour Lane, 20457 Northquay, US instead.",
        {"status": "paid", "total_over": 20},
    ),
    ShopSample(
        "address held",
        "Please change the delivery address of order {order} to 7 Orchard Way, 31200 Elmsworth, US.",
        {"status": "shipped", "total_over": 20},
    ),
    ShopSample("password", "I forgot my password and cannot log in. Can you send me a reset link?"),
    ShopSample("payment", "Did my payment of {total} USD for order {order} go through?", {"status": "paid"}),
    ShopSample("person", "I would like to talk to a real person about order {order}, please.", {"status": "delivered"}),
    ShopSample("out of scope", "Can you recommend a good pasta recipe for eight guests?"),
    ShopSample(
        "dispute",
        "I was charged twice for order {order} and I dispute one of the {total} USD charges with my bank.",
        {"status": "delivered"},
    ),
    ShopSample("fraud", "My card was stolen yesterday and somebody is shopping with it in your store!"),
    ShopSample(
        "german",
        "Guten Tag, wo ist meine Bestellung {order}? Wann wird sie geliefert?",
        {"status": "shipped", "language": "de"},
    ),
)


async def samples(connection: Any) -> list[tuple[str, str]]:
    """(customer_id, text), each of another customer.

    Raises:
        BusinessRefused: `not_seeded`, where the shop has no order of a kind that is needed.
    """
    used: set[str] = set()
    found: list[tuple[str, str]] = []
    for sample in SAMPLES:
        order = await pick(connection, sample, used)
        used.add(order.customer_id)
        amount = sample.amount or order.refundable
        found.append(
            (order.customer_id, sample.text.format(order=order.order_id, amount=f"{amount:.2f}", total=f"{order.total:.2f}"))
        )
    return found


async def pick(connection: Any, sample: ShopSample, used: set[str]) -> FoundOrder:
    """The first order that fits, of a customer that no other sample has."""
    for order in await find(connection, **{"language": "en", **sample.needs}, limit=len(SAMPLES) + 1):
        if order.customer_id not in used:
            return order
    raise BusinessRefused(
        "not_seeded", f"The shop has no order for the sample {sample.path!r}; seed an empty database to get its samples."
    )
