"""Messages about orders that are really there, one for each topic of the agent and one for people."""

from __future__ import annotations

from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder

SAMPLES = (
    ("processed", "Hi, could you look up my order {order} and tell me what is in it?"),
    ("pending", "Please cancel my pending order {order}, I no longer need it."),
    ("pending", "Please change the items in my pending order {order} before it is sent."),
    ("delivered", "I would like to return items from my delivered order {order}."),
    ("delivered", "I would like to exchange items in my delivered order {order} for another option."),
    ("delivered", "My card was stolen and somebody is ordering with it!"),
)


async def samples(connection: Any) -> list[tuple[str, str]]:
    """(customer_id, text), each of another customer; fewer where the data has no such order."""
    orders = await queries.rows(connection, "orders", RetailOrder, order_id=None, user_id=None)
    used: set[str] = set()
    found: list[tuple[str, str]] = []
    for status, text in SAMPLES:
        order = next((one for one in orders if one.status == status and one.user_id not in used), None)
        if order is not None:
            used.add(order.user_id)
            found.append((order.user_id, text.format(order=order.order_id)))
    return found
