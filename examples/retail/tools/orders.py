"""The customer's own orders, and what every effect on one shows, declares and writes."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder, RetailPayment, User, number
from examples.retail.tools.accounts import one_line
from examples.retail.tools.arguments import OrderArguments
from handrail.business import Call
from handrail.domain.errors import BusinessRefused
from handrail.domain.money import Money

Facts = dict[str, float | int | str | bool | None]


def usd(amount: Decimal) -> str:
    """Write an amount for people: `180.00 USD`."""
    return f"{amount:.2f} USD"


def dollars(amount: Decimal) -> Money:
    """The amount as questions to customers take it."""
    return Money.of(amount, "USD")


async def own_order(call: Call, order_id: str, pinned: str | None = None) -> RetailOrder:
    """One order of the case's customer. Another customer's order looks exactly like one that does not exist.

    Raises:
        BusinessRefused: `order_not_found`; `changed`, where the order is not in the status that was ruled on.
    """
    found = await queries.row(call.connection, "orders", RetailOrder, order_id=order_id, user_id=call.customer_id)
    if found is None:
        raise BusinessRefused("order_not_found", f"Order not found: there is no {order_id} in this customer's account.")
    if pinned not in (None, found.status):
        raise BusinessRefused("changed", f"Order {order_id} is now {found.status}, not {pinned}; check it again.")
    return found


async def get_order_details(call: Call, arguments: OrderArguments) -> dict[str, Any]:
    """One order. Raises: BusinessRefused: `order_not_found`."""
    return (await own_order(call, arguments.order_id)).model_dump(mode="json", exclude_none=True)


def require_status(order: RetailOrder, *wanted: str, what: str) -> None:
    """Raises: BusinessRefused: `wrong_status`."""
    if order.status not in wanted:
        raise BusinessRefused(
            "wrong_status", f"Order {order.order_id} is {order.status}; {what} needs an order that is {' or '.join(wanted)}."
        )


def require_items(order: RetailOrder, item_ids: list[str]) -> None:
    """Every item is in the order, as often as it is named. Raises: BusinessRefused: `item_not_in_order`."""
    held = Counter(line.item_id for line in order.items)
    for item_id, times in Counter(item_ids).items():
        if times > held[item_id]:
            raise BusinessRefused(
                "item_not_in_order", f"item_ids: {item_id} is {held[item_id]} times in order {order.order_id}, not {times}."
            )


def paid_with(order: RetailOrder) -> str | None:
    """The payment method that the order was first paid with."""
    return order.payment_history[0].payment_method_id if order.payment_history else None


def total(order: RetailOrder) -> Decimal:
    """Sum up the prices of its items, USD."""
    return sum((line.price for line in order.items), Decimal(0))


def order_facts(order: RetailOrder) -> Facts:
    """Return the facts of an order, for every policy."""
    return {"order_status": order.status, "order_total_usd": number(total(order)), "order_items": len(order.items)}


def order_shown(order: RetailOrder, user: User) -> dict[str, str]:
    """Return what an approver must see of an order."""
    return {
        "Order": order.order_id,
        "Customer": user.user_id,
        "Status": order.status,
        "Items": ", ".join(f"{line.name} ({line.item_id}, {usd(line.price)})" for line in order.items),
        "Total": usd(total(order)),
        "Paid with": paid_with(order) or "nothing",
        "Ships to": one_line(order.address),
    }


async def book(call: Call, order: RetailOrder, payment: RetailPayment) -> None:
    """Write a payment or refund to the order's history; a gift card is charged or filled at once."""
    await queries.execute(
        call.connection,
        "insert_payment",
        order_id=order.order_id,
        transaction_type=payment.transaction_type,
        amount=payment.amount,
        payment_method_id=payment.payment_method_id,
    )
    await queries.execute(
        call.connection,
        "add_balance",
        user_id=order.user_id,
        payment_method_id=payment.payment_method_id,
        amount=payment.amount if payment.transaction_type == "refund" else -payment.amount,
    )


async def after(call: Call, order: RetailOrder) -> dict[str, Any]:
    """Return what the model learns once an effect is done."""
    changed = await own_order(call, order.order_id)
    return {"order_id": order.order_id, "status": changed.status, "total_usd": number(total(changed))}
