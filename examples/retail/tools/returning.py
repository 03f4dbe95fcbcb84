"""Sending items of a delivered order back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder, User, number
from examples.retail.tools.accounts import locked_user, own_method, own_user
from examples.retail.tools.arguments import Return
from examples.retail.tools.orders import (
    after,
    dollars,
    order_facts,
    order_shown,
    own_order,
    paid_with,
    require_items,
    require_status,
    usd,
)
from handrail.business import Call, Preview, asking
from handrail.domain.counting import many
from handrail.domain.errors import BusinessRefused

ASKS = {"en": "Send back {{items}} of order {{order}}. {{amount}} is paid back to {{method}}."}


def check(order: RetailOrder, user: User, arguments: Return) -> None:
    """Raises: BusinessRefused: `wrong_status`, `payment_method_not_found`, `not_original_payment`, `item_not_in_order`."""
    require_status(order, "delivered", what="sending items back")
    method = own_method(user, arguments.payment_method_id)
    if method.source != "gift_card" and method.id != paid_with(order):
        raise BusinessRefused(
            "not_original_payment",
            f"payment_method_id: the money goes back to {paid_with(order)}, which the order was paid with, or to a gift card.",
        )
    require_items(order, arguments.item_ids)


def worth(order: RetailOrder, item_ids: list[str]) -> Decimal:
    """Sum up what was paid for the items, USD."""
    prices = {line.item_id: line.price for line in order.items}
    return sum((prices[item_id] for item_id in item_ids), Decimal(0))


async def preview_return(call: Call, arguments: Return) -> Preview:
    """Describe the return before it is made. Raises: BusinessRefused: see `check`; `order_not_found`."""
    user, order = await own_user(call), await own_order(call, arguments.order_id)
    check(order, user, arguments)
    back = worth(order, arguments.item_ids)
    names = {line.item_id: line.name for line in order.items}
    return Preview(
        title=f"Take {many(len(arguments.item_ids), 'item')} of order {order.order_id} back for {usd(back)}",
        headline=f"return items · {usd(back)} back",
        shown={
            "Items back": ", ".join(arguments.item_ids),
            "Money to": arguments.payment_method_id,
            **order_shown(order, user),
        },
        facts={
            **order_facts(order),
            "money_back_usd": number(back),
            "payment_kind": own_method(user, arguments.payment_method_id).source,
            "original_payment": arguments.payment_method_id == paid_with(order),
        },
        asks=asking(
            ASKS,
            order=order.order_id,
            items=", ".join(f"{names[item_id]} ({item_id})" for item_id in arguments.item_ids),
            amount=dollars(back),
            method=arguments.payment_method_id,
        ),
        pins={"order_status": order.status},
    )


async def return_delivered_order_items(call: Call, arguments: Return) -> dict[str, Any]:
    """Note the return; the money goes back when the items are there. Raises: see `preview_return`; `changed`."""
    user = await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    check(order, user, arguments)
    await queries.execute(
        call.connection,
        "request_return",
        order_id=order.order_id,
        items=sorted(arguments.item_ids),
        payment_method_id=arguments.payment_method_id,
    )
    return await after(call, order)
