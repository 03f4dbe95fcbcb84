"""Tools of the restaurant: one looks up, one changes."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from handrail.business import Call, Preview
from handrail.domain.errors import BusinessRefused


class Nothing(BaseModel):
    """No arguments: the customer is known from the case."""


class ChangeGuests(BaseModel):
    """A new number of guests for a booking."""

    booking_id: str
    guests: int = Field(ge=1, le=20)
    guests_before: SkipJsonSchema[int | None] = None


async def list_bookings(call: Call, nothing: Nothing) -> dict[str, Any]:
    """Read the customer's bookings."""
    cursor = await call.connection.execute(
        "select booking_id, day, guests from acme.bookings where customer_id = %s order by day", (call.customer_id,)
    )
    return {"bookings": [{"booking_id": one[0], "day": one[1], "guests": one[2]} for one in await cursor.fetchall()]}


async def booked(call: Call, change: ChangeGuests) -> tuple[int, date]:
    """Return for how many it is now, and for which day; somebody else's booking looks like one that does not exist."""
    cursor = await call.connection.execute(
        "select guests, day from acme.bookings where booking_id = %s and customer_id = %s",
        (change.booking_id, call.customer_id),
    )
    found = await cursor.fetchone()
    if found is None:
        raise BusinessRefused("unknown_booking", "There is no such booking in this account.")
    if change.guests_before not in (None, found[0]):
        raise BusinessRefused("changed", f"The booking is for {found[0]} now; look at it again.")
    return int(found[0]), found[1]


async def preview_change(call: Call, change: ChangeGuests) -> Preview:
    """Say what would change; writes nothing."""
    before, day = await booked(call, change)
    return Preview(
        title=f"Change booking {change.booking_id} from {before} to {change.guests} guests",
        headline=f"booking · {before} to {change.guests} guests",
        shown={"Guests now": str(before), "Guests then": str(change.guests)},
        facts={"guests": change.guests, "guests_more": change.guests - before, "day": day},
        pins={"guests_before": before},
    )


async def change_guests(call: Call, change: ChangeGuests) -> dict[str, Any]:
    """Change it, in the transaction that also holds the ledger's row."""
    await booked(call, change)
    await call.connection.execute(
        "update acme.bookings set guests = %s where booking_id = %s", (change.guests, change.booking_id)
    )
    return {"booking_id": change.booking_id, "guests": change.guests}
