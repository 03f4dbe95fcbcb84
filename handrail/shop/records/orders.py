"""Orders and customers of the case's own customer, and what every effect on an order shows and declares."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from handrail.business import Call
from handrail.domain.counting import many
from handrail.domain.errors import BusinessRefused
from handrail.shop import queries
from handrail.shop.records.money import number, usd
from handrail.shop.records.rows import Customer, Order, Sum

RECENT = timedelta(days=30)


async def own_customer(call: Call) -> Customer:
    """The case's customer.

    Raises:
        BusinessRefused: `not_found`.
    """
    found = await queries.row(call.connection, "customer", Customer, customer_id=call.customer_id)
    if found is None:
        raise BusinessRefused("not_found", "There is no such customer account.")
    return found


async def own_order(call: Call, order_id: str) -> Order:
    """One order of the case's customer. Another customer's order looks exactly like one that does not exist.

    Raises:
        BusinessRefused: `not_found`.
    """
    found = await queries.row(
        call.connection, "orders", Order, customer_id=call.customer_id, order_id=order_id, status=None, limit=1
    )
    if found is None:
        raise BusinessRefused("not_found", f"There is no order {order_id} in this customer's account.")
    return found


async def locked_order(call: Call, order_id: str) -> Order:
    """`own_order`, held against every other effect until the transaction ends."""
    await queries.execute(call.connection, "lock_order", order_id=order_id, customer_id=call.customer_id)
    return await own_order(call, order_id)


async def refunded_before(call: Call) -> Decimal:
    """Sum up what went back to this customer in the last 30 days over all orders, USD."""
    since = call.now - RECENT
    found = await queries.row(call.connection, "refunded_since", Sum, customer_id=call.customer_id, since=since)
    return found.amount if found else Decimal(0)


def order_facts(order: Order, call: Call) -> dict[str, float | int | str | bool | None]:
    """Return the facts of an order, for policies."""
    return {
        "order_status": order.status,
        "order_total_usd": number(order.total),
        "order_refunded_usd": number(order.refunded),
        "refunds_on_order": order.refunds,
        "max_line_quantity": order.max_quantity,
        "days_since_order": (call.now - order.placed_at).days,
        "days_since_delivery": order.days_since_delivery(call.now),
    }


def order_shown(order: Order) -> dict[str, str]:
    """Return what an approver must see of an order."""
    shown = {
        "Order": order.order_id,
        "Customer": order.customer_id,
        "Status": order.status,
        "Placed": f"{order.placed_at:%Y-%m-%d}",
        "Items": order.items,
        "Order total": usd(order.total),
        "Paid": usd(order.paid),
        "Already refunded": f"{usd(order.refunded)} in {many(order.refunds, 'refund')}",
    }
    if order.shipped_at:
        shown["Shipped"] = f"{order.shipped_at:%Y-%m-%d}"
    if order.delivered_at:
        shown["Delivered"] = f"{order.delivered_at:%Y-%m-%d}"
    return shown
