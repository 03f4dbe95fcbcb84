"""Sending the link with which a customer sets a new password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handrail.business import Call, Preview
from handrail.domain.errors import BusinessRefused
from handrail.shop import queries
from handrail.shop.actions.arguments import CustomerArguments
from handrail.shop.actions.asking import asks
from handrail.shop.records.orders import own_customer
from handrail.shop.records.rows import Resets

PAUSE = timedelta(minutes=10)


async def recent(call: Call) -> Resets:
    """This customer's resets, where another may be sent now.

    Raises:
        BusinessRefused: `too_soon`.
    """
    found = await queries.row(
        call.connection, "resets", Resets, customer_id=call.customer_id, day_ago=call.now - timedelta(days=1)
    )
    assert found is not None  # noqa: S101 - an aggregate always has a row
    if found.latest and call.now - found.latest < PAUSE:
        raise BusinessRefused(
            "too_soon",
            "A reset link was sent less than 10 minutes ago. Look in the inbox and the spam folder first; "
            f"another can be sent at {found.latest + PAUSE:%H:%M} UTC.",
        )
    return found


async def preview_reset(call: Call, _: CustomerArguments) -> Preview:
    """Describe what would be sent where.

    Raises:
        BusinessRefused: `not_found`, `too_soon`.
    """
    customer = await own_customer(call)
    before = await recent(call)
    return Preview(
        title=f"Send a password reset link to {customer.masked_email}",
        headline="password reset link",
        shown={
            "Customer": customer.customer_id,
            "Sent to": f"{customer.masked_email} (the address in the account)",
            "Links sent in the last 24 hours": str(before.last_day),
        },
        asks=asks("send_password_reset", email=customer.masked_email),
        facts={"password_resets_24h": before.last_day},
    )


async def send_password_reset(call: Call, _: CustomerArguments) -> dict[str, Any]:
    """Queue the link for the address in the account, never for one named in a message.

    Raises:
        BusinessRefused: `not_found`, `too_soon`.
    """
    await queries.execute(call.connection, "lock_customer", customer_id=call.customer_id)
    customer = await own_customer(call)
    await recent(call)
    await queries.execute(
        call.connection,
        "insert_reset",
        customer_id=customer.customer_id,
        sent_to=customer.email,
        effect_id=call.idempotency_key,
        now=call.now,
    )
    return {"sent_to": customer.masked_email, "valid_for_minutes": 60}
