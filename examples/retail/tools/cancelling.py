"""Cancelling a pending order; all that was paid goes back to where it came from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder, User, number
from examples.retail.tools.accounts import locked_user, own_method, own_user
from examples.retail.tools.arguments import Cancel
from examples.retail.tools.orders import after, book, dollars, order_facts, order_shown, own_order, require_status, usd
from handrail.business import Call, Preview, asking
from handrail.domain.errors import BusinessRefused

REASONS = ("no longer needed", "ordered by mistake")
ASKS = {"en": "Cancel order {{order}}, {{reason}}. {{amount}} is paid back to where it was paid from."}


def check(order: RetailOrder, user: User, reason: str) -> None:
    """Raises: BusinessRefused: `wrong_status`, `reason`, `payment_method_not_found`."""
    require_status(order, "pending", what="cancelling")
    if reason not in REASONS:
        raise BusinessRefused("reason", f"reason: an order is cancelled only where it is {' or '.join(map(repr, REASONS))}.")
    for payment in order.payment_history:
        own_method(user, payment.payment_method_id)


async def preview_cancel(call: Call, arguments: Cancel) -> Preview:
    """Describe the cancellation before it is made. Raises: BusinessRefused: see `check`; `order_not_found`."""
    user, order = await own_user(call), await own_order(call, arguments.order_id)
    check(order, user, arguments.reason)
    back = sum((payment.amount for payment in order.payment_history), Decimal(0))
    return Preview(
        title=f"Cancel order {order.order_id} and pay back {usd(back)}",
        headline=f"cancel order · {usd(back)} back",
        shown={"Paid back": usd(back), "Reason": arguments.reason, **order_shown(order, user)},
        facts={**order_facts(order), "cancel_reason": arguments.reason, "money_back_usd": number(back)},
        asks=asking(ASKS, order=order.order_id, reason=arguments.reason, amount=dollars(back)),
        pins={"order_status": order.status},
    )


async def cancel_pending_order(call: Call, arguments: Cancel) -> dict[str, Any]:
    """Cancel. Raises: BusinessRefused: see `check`; `order_not_found`, `changed`."""
    user = await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    check(order, user, arguments.reason)
    await queries.execute(call.connection, "cancel_order", order_id=order.order_id, reason=arguments.reason)
    for payment in order.payment_history:
        await book(call, order, payment.model_copy(update={"transaction_type": "refund"}))
    return await after(call, order)
