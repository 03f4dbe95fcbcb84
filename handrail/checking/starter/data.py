"""Demonstration data, and what can be tried with it."""

from datetime import datetime, timedelta
from typing import Any


async def known_customer(connection: Any, customer_id: str) -> bool:
    """Return whether a case may be opened for the customer."""
    cursor = await connection.execute("select 1 from acme.bookings where customer_id = %s limit 1", (customer_id,))
    return await cursor.fetchone() is not None


async def seed(connection: Any, now: datetime) -> None:
    """Fill the tables with days from `now` on; every start does it again, so it adds only what is missing."""
    first = now.date() + timedelta(days=14)
    await connection.execute(
        "insert into acme.bookings values ('B-7', 'C-1', %s, 2), ('B-8', 'C-2', %s, 2) on conflict do nothing",
        (first, first + timedelta(days=1)),
    )


async def samples(connection: Any) -> list[tuple[str, str]]:
    """Messages that show every path, as customer and text: `handrail up` opens a case for each."""
    return [
        ("C-1", "Please change my booking B-7 to four guests."),
        ("C-2", "We will be nine instead of two, booking B-8."),
        ("C-2", "I got ill after dinner at your place."),
    ]


async def calls(connection: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Calls that the business allows, as customer, tool and arguments: `handrail business check` makes them."""
    return [
        ("C-1", "list_bookings", {}),
        ("C-1", "change_guests", {"booking_id": "B-7", "guests": 4}),
        ("C-2", "change_guests", {"booking_id": "B-8", "guests": 9}),
    ]
