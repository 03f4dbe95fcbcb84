"""Changing where a pending order goes, and how it is paid."""

from __future__ import annotations

from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder, RetailPayment, User
from examples.retail.queries import json
from examples.retail.tools.accounts import address_of, locked_user, one_line, own_method, own_user
from examples.retail.tools.arguments import MoveOrder, PayOtherwise
from examples.retail.tools.orders import after, book, dollars, order_facts, order_shown, own_order, require_status, usd
from handrail.business import Call, Preview, asking
from handrail.domain.errors import BusinessRefused

# Only its address and payment: items are changed once, and an order whose items were changed is never cancelled.
PENDING = ("pending", "pending (item modified)")
ASKS_ADDRESS = {"en": "Send order {{order}} to this address: {{address}}."}
ASKS_PAYMENT = {"en": "Pay order {{order}}, {{amount}}, with {{method}}. What was paid with {{before}} is paid back to it."}


async def preview_address(call: Call, arguments: MoveOrder) -> Preview:
    """Describe the change before it is made. Raises: BusinessRefused: `order_not_found`, `wrong_status`."""
    user, order = await own_user(call), await own_order(call, arguments.order_id)
    require_status(order, *PENDING, what="a new address")
    to = address_of(arguments)
    return Preview(
        title=f"Send order {order.order_id} to another address",
        headline="change address · not shipped",
        shown={"New address": one_line(to), **order_shown(order, user)},
        facts={**order_facts(order), "leaves_country": to.country != order.address.country},
        asks=asking(ASKS_ADDRESS, order=order.order_id, address=one_line(to)),
        pins={"order_status": order.status},
    )


async def modify_pending_order_address(call: Call, arguments: MoveOrder) -> dict[str, Any]:
    """Store the new address with the order. Raises: BusinessRefused: see `preview_address`; `changed`."""
    await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    require_status(order, *PENDING, what="a new address")
    to = address_of(arguments)
    await queries.execute(call.connection, "set_order_address", order_id=order.order_id, address=json(to))
    return {**await after(call, order), "ships_to": one_line(to)}


def check_payment(order: RetailOrder, user: User, method_id: str) -> RetailPayment:
    """The one payment that would be replaced.

    Raises:
        BusinessRefused: `wrong_status`, `payment_method_not_found`, `not_one_payment`, `same_payment_method`,
            `gift_card_short`.
    """
    require_status(order, *PENDING, what="another payment method")
    method = own_method(user, method_id)
    if [payment.transaction_type for payment in order.payment_history] != ["payment"]:
        raise BusinessRefused("not_one_payment", f"Order {order.order_id} has not exactly one payment; it stays as it is.")
    (paid,) = order.payment_history
    own_method(user, paid.payment_method_id)
    if paid.payment_method_id == method_id:
        raise BusinessRefused("same_payment_method", f"Order {order.order_id} is paid with {method_id} already.")
    if method.balance is not None and method.balance < paid.amount:
        raise BusinessRefused(
            "gift_card_short", f"{method_id} holds {usd(method.balance)}, the order costs {usd(paid.amount)}."
        )
    return paid


async def preview_payment(call: Call, arguments: PayOtherwise) -> Preview:
    """Describe the change before it is made. Raises: BusinessRefused: see `check_payment`; `order_not_found`."""
    user, order = await own_user(call), await own_order(call, arguments.order_id)
    paid = check_payment(order, user, arguments.payment_method_id)
    methods = {"method": arguments.payment_method_id, "before": paid.payment_method_id}
    return Preview(
        title=f"Pay order {order.order_id} with {arguments.payment_method_id}, {usd(paid.amount)}",
        headline=f"change payment · {usd(paid.amount)}",
        shown={"Pay with": arguments.payment_method_id, "Paid back to": paid.payment_method_id, **order_shown(order, user)},
        facts={**order_facts(order), "payment_kind": own_method(user, arguments.payment_method_id).source},
        asks=asking(ASKS_PAYMENT, order=order.order_id, amount=dollars(paid.amount), **methods),
        pins={"order_status": order.status},
    )


async def modify_pending_order_payment(call: Call, arguments: PayOtherwise) -> dict[str, Any]:
    """Charge the new method and pay the old one back. Raises: BusinessRefused: see `preview_payment`; `changed`."""
    user = await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    paid = check_payment(order, user, arguments.payment_method_id)
    await book(call, order, paid.model_copy(update={"payment_method_id": arguments.payment_method_id}))
    await book(call, order, paid.model_copy(update={"transaction_type": "refund"}))
    return {**await after(call, order), "paid_with": arguments.payment_method_id}
