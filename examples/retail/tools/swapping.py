"""Items for other variants of the same product: in a pending order at once, in a delivered one by exchange. Once per order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from examples.retail import queries
from examples.retail.data.document import RetailOrder, RetailPayment, User, Variant, number
from examples.retail.queries import json
from examples.retail.tools.accounts import locked_user, own_method, own_user
from examples.retail.tools.arguments import Swap
from examples.retail.tools.catalogue import variant
from examples.retail.tools.orders import (
    Facts,
    after,
    book,
    dollars,
    order_facts,
    order_shown,
    own_order,
    require_items,
    require_status,
    usd,
)
from handrail.business import Call, Preview, asking
from handrail.domain.counting import many
from handrail.domain.errors import BusinessRefused


@dataclass(frozen=True, slots=True)
class Replacement:
    """The line of the order that changes, counted from 0, and what stands there afterwards."""

    line: int
    old: str
    new: Variant


async def replacements(call: Call, order: RetailOrder, arguments: Swap) -> list[Replacement]:
    """Match the old items with the new, position by position; the first line that still holds an item is the one that changes.

    Raises:
        BusinessRefused: `item_not_in_order`, `not_pairwise`, `other_product`, `no_such_item`, `not_available`.
    """
    require_items(order, arguments.item_ids)
    if len(arguments.item_ids) != len(arguments.new_item_ids):
        raise BusinessRefused(
            "not_pairwise",
            f"new_item_ids: {len(arguments.new_item_ids)} for {len(arguments.item_ids)} items; give one for each.",
        )
    held = [line.item_id for line in order.items]
    found = []
    for old, new in zip(arguments.item_ids, arguments.new_item_ids, strict=True):
        product = next(line.product_id for line in order.items if line.item_id == old)
        item = await variant(call, new, product)
        if not item.available:
            raise BusinessRefused("not_available", f"new_item_ids: {new} is not available.")
        line = held.index(old)
        held[line] = new
        found.append(Replacement(line, old, item))
    return found


def price_difference(order: RetailOrder, swaps: list[Replacement]) -> Decimal:
    """Return what the customer pays on top, USD; negative is paid back."""
    paid = {line.item_id: line.price for line in reversed(order.items)}
    return sum((one.new.price - paid[one.old] for one in swaps), Decimal(0))


def check_payment(user: User, arguments: Swap, difference: Decimal) -> None:
    """Raises: BusinessRefused: `payment_method_not_found`, `gift_card_short`, `changed`."""
    method = own_method(user, arguments.payment_method_id)
    if method.balance is not None and method.balance < difference:
        raise BusinessRefused(
            "gift_card_short", f"{method.id} holds {usd(method.balance)}, the difference is {usd(difference)}."
        )
    if arguments.difference not in (None, number(difference)):
        raise BusinessRefused("changed", f"The difference is {usd(difference)} now, not {arguments.difference:.2f} USD.")


def check_other(arguments: Swap) -> None:
    """Raises: BusinessRefused: `same_item`."""
    for old, new in zip(arguments.item_ids, arguments.new_item_ids, strict=False):
        if old == new:
            raise BusinessRefused("same_item", f"new_item_ids: {new} is what the order holds already; take another variant.")


async def worked_out(call: Call, order: RetailOrder, user: User, arguments: Swap) -> tuple[list[Replacement], Decimal]:
    """Return what changes, and what it costs. Raises: BusinessRefused: see `replacements` and `check_payment`."""
    swaps = await replacements(call, order, arguments)
    difference = price_difference(order, swaps)
    check_payment(user, arguments, difference)
    return swaps, difference


async def preview_swap(call: Call, arguments: Swap, what: str) -> Preview:
    """Describe either kind of swap before it is made; the order's status was checked."""
    user, order = await own_user(call), await own_order(call, arguments.order_id)
    swaps, difference = await worked_out(call, order, user, arguments)
    due, back = max(difference, Decimal(0)), max(-difference, Decimal(0))
    facts: Facts = {
        **order_facts(order),
        "money_due_usd": number(due),
        "money_back_usd": number(back),
        "payment_kind": own_method(user, arguments.payment_method_id).source,
        "same_item": any(one.old == one.new.item_id for one in swaps),
    }
    lines = order.items
    items = "; ".join(f"{lines[one.line].name}: {one.old} for {one.new.item_id}, {options(one.new)}" for one in swaps)
    shown = {
        "Items": items,
        "To pay" if difference > 0 else "Paid back": usd(abs(difference)),
        "With": arguments.payment_method_id,
    }
    return Preview(
        title=f"{what} {many(len(swaps), 'item')} of order {order.order_id}, difference {usd(difference)}",
        headline=f"{what.lower()} items · {usd(difference)}",
        shown={**order_shown(order, user), **shown},
        facts=facts,
        asks=question(what, order.order_id, items, difference, arguments.payment_method_id),
        pins={"order_status": order.status, "difference": number(difference)},
    )


def question(what: str, order_id: str, items: str, difference: Decimal, method: str) -> dict[str, str]:
    """The question to the customer; items change once, so it says that these are all."""
    money = "You pay {{amount}} with {{method}}." if difference > 0 else "{{amount}} is paid back to {{method}}."
    sentences = [
        "{{what}} in order {{order}}: {{items}}.",
        *([money] if difference else []),
        "Nothing else can be changed later.",
    ]
    words = {"what": what, "order": order_id, "items": items, "method": method}
    return asking({"en": " ".join(sentences)}, amount=dollars(abs(difference)), **words)


def options(item: Variant) -> str:
    """Write an item's options for people: 'color blue, size M'."""
    return ", ".join(f"{name} {chosen}" for name, chosen in item.options.items())


async def preview_exchange(call: Call, arguments: Swap) -> Preview:
    """Describe an exchange before it is made. Raises: BusinessRefused: `order_not_found`, `wrong_status`; see `worked_out`"""
    require_status(await own_order(call, arguments.order_id), "delivered", what="an exchange")
    return await preview_swap(call, arguments, "Exchange")


async def exchange_delivered_order_items(call: Call, arguments: Swap) -> dict[str, Any]:
    """Note the exchange; nothing is paid before the items are back. Raises: see `preview_exchange`; `changed`."""
    user = await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    require_status(order, "delivered", what="an exchange")
    _, difference = await worked_out(call, order, user, arguments)
    await queries.execute(
        call.connection,
        "request_exchange",
        order_id=order.order_id,
        items=sorted(arguments.item_ids),
        new_items=sorted(arguments.new_item_ids),
        payment_method_id=arguments.payment_method_id,
        difference=difference,
    )
    return {**await after(call, order), "difference_usd": number(difference)}


async def preview_modify(call: Call, arguments: Swap) -> Preview:
    """Describe the change before it is made.

    Raises:
        BusinessRefused: `order_not_found`, `wrong_status`, `same_item`, see `worked_out`.
    """
    require_status(await own_order(call, arguments.order_id), "pending", what="changing items")
    check_other(arguments)
    return await preview_swap(call, arguments, "Change")


async def modify_pending_order_items(call: Call, arguments: Swap) -> dict[str, Any]:
    """Put the new items into the order and settle the difference. Raises: see `preview_modify`; `changed`."""
    user = await locked_user(call)
    order = await own_order(call, arguments.order_id, arguments.order_status)
    require_status(order, "pending", what="changing items")
    check_other(arguments)
    swaps, difference = await worked_out(call, order, user, arguments)
    kind = "payment" if difference > 0 else "refund"
    payment = RetailPayment(transaction_type=kind, amount=abs(difference), payment_method_id=arguments.payment_method_id)
    await book(call, order, payment)
    for one in swaps:
        await queries.execute(
            call.connection,
            "set_item",
            order_id=order.order_id,
            line=one.line,
            item_id=one.new.item_id,
            price=one.new.price,
            options=json(one.new.options),
        )
    await queries.execute(call.connection, "set_status", order_id=order.order_id, status="pending (item modified)")
    return {**await after(call, order), "difference_usd": number(difference)}
