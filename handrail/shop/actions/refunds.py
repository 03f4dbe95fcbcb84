"""Refunds: what may go back on an order, and giving it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from handrail.business import Call, Money, Preview
from handrail.domain.errors import BusinessRefused
from handrail.shop import queries
from handrail.shop.actions.arguments import RefundOrder
from handrail.shop.actions.asking import asks
from handrail.shop.records.money import USD, number, usd
from handrail.shop.records.orders import locked_order, order_facts, order_shown, own_order, refunded_before
from handrail.shop.records.rows import Order, RefundId


def why_not_refundable(order: Order) -> BusinessRefused | None:
    """Return why nothing can be refunded on the order, or None."""
    name = order.order_id
    if order.status == "cancelled":
        return BusinessRefused("cancelled", f"Order {name} was cancelled; what was paid went back with the cancellation.")
    if order.status == "pending":
        return BusinessRefused("not_paid", f"Order {name} is not paid yet, so there is nothing to refund.")
    if order.status == "paid":
        return BusinessRefused("not_shipped", f"Order {name} has not left yet; cancel it, and all of it is paid back.")
    if order.left <= 0:
        return BusinessRefused("already_refunded", f"Order {name} is already refunded in full ({usd(order.refunded)}).")
    return None


def check_refund(order: Order, amount: Decimal) -> None:
    """Refuse what the shop does not give back.

    Raises:
        BusinessRefused: `cancelled`, `not_paid`, `not_shipped`, `already_refunded`, `more_than_refundable`.
    """
    refusal = why_not_refundable(order)
    if refusal:
        raise refusal
    if amount > order.left:
        raise BusinessRefused(
            "more_than_refundable",
            f"amount: {usd(amount)} is more than can be refunded on order {order.order_id}; the most is {usd(order.left)}.",
        )


async def lock_refunds(call: Call, pinned: Decimal | None) -> Decimal:
    """Hold every other refund to this customer back until the transaction ends; the sum refunded in 30 days so far.

    Raises:
        BusinessRefused: `changed`, where more went back than when the ruling was made.
    """
    await queries.execute(call.connection, "lock_customer", customer_id=call.customer_id)
    before = await refunded_before(call)
    if pinned is not None and before > pinned:
        raise BusinessRefused(
            "changed", f"Another {usd(before - pinned)} went back to this customer since this was checked; check it again."
        )
    return before


async def give_back(call: Call, order: Order, amount: Decimal, origin: str, reason: str) -> str:
    """Write the refund; its id. The database itself refuses more than was paid."""
    written = await queries.row(
        call.connection,
        "insert_refund",
        RefundId,
        payment_id=order.payment_id,
        order_id=order.order_id,
        amount=amount,
        origin=origin,
        reason=reason,
        effect_id=call.idempotency_key,
        now=call.now,
    )
    assert written is not None  # noqa: S101 - `returning` without a row cannot be
    return written.refund_id


def money_facts(amount: Decimal, before: Decimal) -> dict[str, float | int | str | bool | None]:
    """The amount by itself, and together with what this customer got in 30 days: many small refunds are one large one."""
    return {
        "refund_amount_usd": number(amount),
        "customer_refunded_30d_usd": number(before),
        "customer_refund_total_30d_usd": number(before + amount),
    }


async def preview_refund(call: Call, arguments: RefundOrder) -> Preview:
    """Describe the refund before it is made.

    Raises:
        BusinessRefused: see `check_refund`.
    """
    order = await own_order(call, arguments.order_id)
    check_refund(order, arguments.amount)
    before = await refunded_before(call)
    return Preview(
        title=f"Refund {usd(arguments.amount)} for order {order.order_id}",
        headline=f"refund · {usd(arguments.amount)}",
        shown={
            "Refund": usd(arguments.amount),
            **order_shown(order),
            "Left after this refund": usd(order.left - arguments.amount),
            "Refunded to this customer in 30 days": usd(before),
            "Reason given": arguments.reason or "none",
        },
        asks=asks("refund_order", order=order.order_id, amount=Money.of(arguments.amount, USD)),
        facts={**order_facts(order, call), **money_facts(arguments.amount, before)},
        pins={"refunded_before": number(before)},
    )


async def refund_order(call: Call, arguments: RefundOrder) -> dict[str, Any]:
    """Give `amount` back to where the payment came from.

    Raises:
        BusinessRefused: see `check_refund`; `changed`, where more was refunded to this customer since the ruling.
    """
    await lock_refunds(call, arguments.refunded_before)
    order = await locked_order(call, arguments.order_id)
    check_refund(order, arguments.amount)
    refund_id = await give_back(call, order, arguments.amount, "refund", arguments.reason)
    return {
        "refund_id": refund_id,
        "order_id": order.order_id,
        "refunded_usd": number(arguments.amount),
        "left_usd": number(order.left - arguments.amount),
    }
