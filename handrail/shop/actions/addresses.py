"""Sending an order to another address."""

from __future__ import annotations

from typing import Any

from handrail.business import Call, Preview
from handrail.domain.errors import BusinessRefused
from handrail.shop import queries
from handrail.shop.actions.arguments import ChangeAddress
from handrail.shop.actions.asking import asks
from handrail.shop.records.orders import locked_order, order_facts, order_shown, own_order
from handrail.shop.records.rows import AddressId, Order

COUNTRIES = frozenset({"US", "GB", "DE", "AT", "CH", "FR", "ES", "IT", "NL", "BE", "SE", "PL", "PT"})


def check_address(order: Order, arguments: ChangeAddress) -> None:
    """Refuse where it is too late or too far.

    Raises:
        BusinessRefused: `delivered`, `cancelled`, `country_not_served`.
    """
    if order.status in ("delivered", "cancelled"):
        raise BusinessRefused(order.status, f"Order {order.order_id} is {order.status}; its address cannot change any more.")
    if arguments.country and arguments.country not in COUNTRIES:
        served = ", ".join(sorted(COUNTRIES))
        raise BusinessRefused("country_not_served", f"country: we do not deliver to {arguments.country}; we do to {served}.")


def moved(order: Order, arguments: ChangeAddress) -> Order:
    """The order as it would be addressed."""
    return order.model_copy(
        update={
            "recipient": arguments.recipient or order.recipient,
            "street": arguments.street,
            "postal_code": arguments.postal_code,
            "city": arguments.city,
            "country": arguments.country or order.country,
        }
    )


async def preview_address(call: Call, arguments: ChangeAddress) -> Preview:
    """Describe the change before it is made.

    Raises:
        BusinessRefused: see `check_address`.
    """
    order = await own_order(call, arguments.order_id)
    check_address(order, arguments)
    after = moved(order, arguments)
    left = order.shipped_at is not None
    return Preview(
        title=f"Send order {order.order_id} to another address" + (" although it has left" if left else ""),
        headline="change address · already shipped" if left else "change address · not shipped",
        shown={"New address": after.address, "Old address": order.address, **order_shown(order)},
        asks=asks("change_shipping_address", order=order.order_id, address=after.address),
        facts={
            **order_facts(order, call),
            "address_change_after_shipment": left,
            "address_country_change": after.country != order.country,
        },
        pins={"order_status": order.status},
    )


async def change_shipping_address(call: Call, arguments: ChangeAddress) -> dict[str, Any]:
    """Store the new address with the order; a parcel on its way is redirected.

    Raises:
        BusinessRefused: see `check_address`; `changed`, where the order's status is no longer what the ruling was made on.
    """
    order = await locked_order(call, arguments.order_id)
    check_address(order, arguments)
    if arguments.order_status is not None and arguments.order_status != order.status:
        raise BusinessRefused(
            "changed", f"Order {order.order_id} is now {order.status}, not {arguments.order_status}; check it again."
        )
    after = moved(order, arguments)
    written = await queries.row(
        call.connection,
        "insert_address",
        AddressId,
        **after.model_dump(include={"customer_id", "recipient", "street", "city", "postal_code", "country"}),
        now=call.now,
    )
    assert written is not None  # noqa: S101 - `returning` without a row cannot be
    await queries.execute(call.connection, "set_address", order_id=order.order_id, address_id=written.address_id)
    if order.shipped_at:
        await queries.execute(call.connection, "redirect_shipment", order_id=order.order_id, now=call.now)
    return {"order_id": order.order_id, "ships_to": after.address, "redirected": order.shipped_at is not None}
