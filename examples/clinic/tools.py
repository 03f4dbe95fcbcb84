"""Tools of the clinic: one looks up, two change an appointment."""

from typing import Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel
from pydantic.json_schema import SkipJsonSchema

from handrail.business import Call, Preview, asking
from handrail.domain.errors import BusinessRefused
from handrail.domain.money import Money

HERE = ZoneInfo("Europe/Berlin")
CANCEL = {
    "en": "Cancel appointment {{number}} on {{day}}.",
    "de": "Termin {{number}} am {{day}} absagen.",
}
CANCEL_PAID = {
    "en": "Cancel appointment {{number}} on {{day}}. {{amount}} is paid back.",
    "de": "Termin {{number}} am {{day}} absagen. {{amount}} werden erstattet.",
}
"""Asked where something was paid; else nobody speaks of money."""
MOVE = {
    "en": "Move appointment {{number}} from {{day}} to {{to}}.",
    "de": "Termin {{number}} vom {{day}} auf den {{to}} verlegen.",
}


class NoWords(BaseModel):
    """No arguments: the patient is known from the case."""


class CancelVisit(BaseModel):
    """An appointment to cancel."""

    appointment_id: str
    starts_before: SkipJsonSchema[str | None] = None


class MoveVisit(CancelVisit):
    """An appointment, and the time to move it to, with its zone."""

    to: AwareDatetime


async def appointments(call: Call) -> list[dict[str, Any]]:
    """Read the patient's appointments, the next one first."""
    cursor = await call.connection.execute(
        "select appointment_id, kind, starts, paid, state from clinic.appointments where patient_id = %s order by starts",
        (call.customer_id,),
    )
    names = ("appointment_id", "kind", "starts", "paid", "state")
    found = [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
    return [{**one, "starts": one["starts"].astimezone(HERE)} for one in found]


async def list_appointments(call: Call, nothing: NoWords) -> dict[str, Any]:
    """Tell the patient's appointments, and what day it is."""
    return {"now": call.now, "appointments": await appointments(call)}


async def booked(call: Call, wanted: CancelVisit) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the appointment, and all of the patient's; somebody else's looks like one that does not exist."""
    every = await appointments(call)
    found = next((one for one in every if one["appointment_id"] == wanted.appointment_id), None)
    if found is None or found["state"] != "booked":
        raise BusinessRefused("unknown_appointment", "There is no such appointment in this account.")
    if wanted.starts_before not in (None, found["starts"].isoformat()):
        raise BusinessRefused("changed", "The appointment was moved meanwhile; look at it again.")
    return found, every


def preview(
    found: dict[str, Any], every: list[dict[str, Any]], what: str, then: dict[str, str], asks: dict[str, str]
) -> Preview:
    """Build the preview of either change: what people see, what the patient is asked, what the policies rule on."""
    starts, paid = found["starts"], f"{found['paid']} EUR"
    kept = [{name: one[name] for name in ("appointment_id", "kind", "starts", "state")} for one in every]
    return Preview(
        title=f"{what} {found['kind']} {found['appointment_id']}",
        headline=f"{what.lower()} {found['kind']}",
        shown={"Starts now": f"{starts:%A %d %B %Y %H:%M}", **then},
        asks=asks,
        facts={"kind": found["kind"], "starts": starts, "paid": paid, "appointments": kept},
        pins={"starts_before": starts.isoformat()},
    )


async def preview_cancel(call: Call, cancel: CancelVisit) -> Preview:
    """Say what would be cancelled; writes nothing."""
    found, every = await booked(call, cancel)
    paid, about = found["paid"], {"number": cancel.appointment_id, "day": found["starts"]}
    if not paid:
        return preview(found, every, "Cancel", {}, asking(CANCEL, **about))
    asks = asking(CANCEL_PAID, **about, amount=Money.of(paid, "EUR"))
    return preview(found, every, "Cancel", {"Paid back": f"{paid} EUR"}, asks)


async def cancel_appointment(call: Call, cancel: CancelVisit) -> dict[str, Any]:
    """Cancel it, in the transaction that also holds the ledger's row."""
    found, _ = await booked(call, cancel)
    await call.connection.execute(
        "update clinic.appointments set state = 'cancelled' where appointment_id = %s", (cancel.appointment_id,)
    )
    return {"appointment_id": cancel.appointment_id, "cancelled": True, "paid_back": found["paid"]}


async def preview_move(call: Call, move: MoveVisit) -> Preview:
    """Say what would be moved, and to when; writes nothing."""
    found, every = await booked(call, move)
    to = move.to.astimezone(HERE)
    asks = asking(MOVE, number=move.appointment_id, day=found["starts"], to=to)
    return preview(found, every, "Move", {"Starts then": f"{to:%A %d %B %Y %H:%M}"}, asks)


async def move_appointment(call: Call, move: MoveVisit) -> dict[str, Any]:
    """Move it."""
    await booked(call, move)
    await call.connection.execute(
        "update clinic.appointments set starts = %s where appointment_id = %s", (move.to, move.appointment_id)
    )
    return {"appointment_id": move.appointment_id, "starts": move.to}
