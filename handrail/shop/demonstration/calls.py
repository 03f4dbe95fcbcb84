"""Calls that the shop allows, one at least of each tool, about orders that are really there."""

from __future__ import annotations

from typing import Any

from handrail.shop.demonstration.samples import ShopSample, pick

Trial = tuple[str, str, dict[str, Any]]
ADDRESS = {"street": "12 Harbour Lane", "postal_code": "20457", "city": "Northquay", "country": "US"}
SMALL = ShopSample("call", "", {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30})
PAID = ShopSample("call", "", {"status": "paid", "total_over": 20})


async def calls(connection: Any) -> list[Trial]:
    """(customer_id, tool, arguments).

    Raises:
        BusinessRefused: `not_seeded`, where the shop has no order of a kind that is needed.
    """
    used: set[str] = set()
    bought = await pick(connection, SMALL, used)
    used.add(bought.customer_id)
    paid = await pick(connection, PAID, used)
    mine, theirs = bought.customer_id, paid.customer_id
    order = {"order_id": bought.order_id}
    return [
        (mine, "get_customer", {}),
        (mine, "list_orders", {}),
        (mine, "get_order", order),
        (mine, "list_payments", order),
        (mine, "refund_eligibility", order),
        (mine, "refund_order", {**order, "amount": "12.50", "reason": "one thing arrived broken"}),
        (theirs, "cancel_order", {"order_id": paid.order_id, "reason": "ordered by mistake"}),
        (theirs, "change_shipping_address", {"order_id": paid.order_id, **ADDRESS}),
        (mine, "send_password_reset", {}),
    ]
