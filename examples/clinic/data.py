"""Demonstration data, and what can be tried with it."""

from datetime import datetime, timedelta
from typing import Any

from .tools import HERE

ROWS = (
    ("A-1", "P-1", "checkup", 14, 10, 0, "booked"),
    ("A-2", "P-1", "scan", 1, 15, 150, "booked"),
    ("A-3", "P-2", "operation", 30, 8, 0, "booked"),
    ("A-4", "P-2", "scan", 15, 9, 350, "booked"),
    ("A-5", "P-3", "checkup", -60, 9, 0, "missed"),
    ("A-6", "P-3", "checkup", -30, 9, 0, "missed"),
    ("A-7", "P-3", "checkup", 16, 11, 0, "booked"),
)
"""Number, patient, kind, in how many days and at what hour, what was paid, state."""


async def known_customer(connection: Any, customer_id: str) -> bool:
    """Return whether a case may be opened for the patient."""
    cursor = await connection.execute("select 1 from clinic.appointments where patient_id = %s limit 1", (customer_id,))
    return await cursor.fetchone() is not None


async def seed(connection: Any, now: datetime) -> None:
    """Fill the table with days from `now` on, where it is empty."""
    today = now.astimezone(HERE).replace(hour=0, minute=0, second=0, microsecond=0)
    for number, patient, kind, days, hour, paid, state in ROWS:
        await connection.execute(
            "insert into clinic.appointments values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (number, patient, kind, today + timedelta(days=days, hours=hour), paid, state),
        )


async def samples(connection: Any) -> list[tuple[str, str]]:
    """Messages that show every path, as patient and text."""
    return [
        ("P-1", "When is my next appointment?"),
        ("P-1", "Bitte sagen Sie meinen Termin A-1 ab."),
        ("P-2", "Please cancel my appointment A-4."),
        ("P-3", "I have had chest pain since this morning."),
    ]


async def calls(connection: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Calls that the business allows, as patient, tool and arguments."""
    return [
        ("P-1", "list_appointments", {}),
        ("P-1", "cancel_appointment", {"appointment_id": "A-1"}),
        ("P-3", "move_appointment", {"appointment_id": "A-7", "to": "2027-04-22T10:00:00+02:00"}),
    ]
