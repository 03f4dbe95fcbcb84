"""Cancelling an order that has not left, and giving back what was paid."""

from __future__ import annotations

from typing import Any

from handrail.business import Call, Money, Preview
from handrail.domain.errors import BusinessRefused
from handrail.shop import queries
from handrail.shop.actions.arguments import CancelOrder
from handrail.shop.actions.asking import asks
from handrail.shop.actions.refunds import give_back, lock_refunds, money_facts
from handrail.shop.records.money import USD, number, usd
from handrail.shop.records.orders import locked_order, order_facts, order_shown, own_order, refunded_before
from handrail.shop.records.rows import Order


def check_cancel(order: Order) -> None:
    """Refuse where it is too late.

    Raises:
        BusinessRefused: `already_cancelled`, `already_shipped`.
    """
    if order.status == "cancelled":
        raise BusinessRefused("already_cancelled", f"Order {order.order_id} is already cancelled.")
    if order.status in ("shipped", "delivered"):
        raise BusinessRefused(
            "already_shipped", f"Order {order.order_id} has already left ({order.status}); it cannot be cancelled any more."
        )


async def preview_cancel(call: Call, arguments: CancelOrder) -> Preview:
    """Describe the cancellation before it is made. It pays money back, so it declares the same facts as a refund.

    Raises:
        BusinessRefused: see `check_cancel`.
    """
    order = await own_order(call, arguments.order_id)
    check_cancel(order)
    before = await refunded_before(call)
    return Preview(
        title=f"Cancel order {order.order_id} and pay back {usd(order.left)}",
        headline=f"cancel order · {usd(order.left)} back",
        shown={
            "Paid back": usd(order.left),
            **order_shown(order),
            "Refunded to this customer in 30 days": usd(before),
            "Reason given": arguments.reason or "none",
        },
        asks=asks("cancel_order", order=order.order_id, amount=Money.of(order.left, USD)),
        facts={**order_facts(order, call), **money_facts(order.left, before)},
        pins={"refund": number(order.left), "refunded_before": number(before)},
    )


async def cancel_order(call: Call, arguments: CancelOrder) -> dict[str, Any]:
    """Cancel the order, release what is only authorised and give back what was paid.

    Raises:
        BusinessRefused: see `check_cancel`; `changed`, where another sum would go back than the ruling was made on.
    """
    await lock_refunds(call, arguments.refunded_before)
    order = await locked_order(call, arguments.order_id)
    check_cancel(order)
    if arguments.refund is not None and arguments.refund != order.left:
        raise BusinessRefused(
            "changed",
            f"Order {order.order_id} now has {usd(order.left)} to pay back, not {usd(arguments.refund)}; check it again.",
        )
    await queries.execute(call.connection, "cancel_order", order_id=order.order_id, now=call.now)
    await queries.execute(call.connection, "void_payments", order_id=order.order_id)
    if order.left > 0:
        await give_back(call, order, order.left, "cancellation", arguments.reason)
    return {"order_id": order.order_id, "status": "cancelled", "refunded_usd": number(order.left)}
