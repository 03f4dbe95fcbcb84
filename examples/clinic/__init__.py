"""A clinic as a business: patients look up, move and cancel their appointments."""

from pathlib import Path

from handrail.business import Business, Calendar, FactType, Kind, ListOf, Object, Tool

from . import tools
from .data import calls, known_customer, samples, seed

FOLDER = Path(__file__).parent
KIND, STARTS = FactType.TEXT, FactType.TIME
APPOINTMENT = Object({"appointment_id": FactType.TEXT, "kind": KIND, "starts": STARTS, "state": FactType.TEXT})
LISTS = "The patient's appointments, and the time now."
CANCELS = "Cancel an appointment; what was paid goes back."
MOVES = "Move an appointment to another time."

business = Business(
    name="clinic",
    folder=FOLDER,
    tools=(
        Tool("list_appointments", Kind.READ, LISTS, tools.NoWords, tools.list_appointments),
        Tool("cancel_appointment", Kind.EFFECT, CANCELS, tools.CancelVisit, tools.cancel_appointment, tools.preview_cancel),
        Tool("move_appointment", Kind.EFFECT, MOVES, tools.MoveVisit, tools.move_appointment, tools.preview_move),
    ),
    known_customer=known_customer,
    facts={"kind": KIND, "starts": STARTS, "paid": FactType.MONEY, "appointments": ListOf(APPOINTMENT)},
    migrations=FOLDER / "migrations",
    seed=seed,
    samples=samples,
    calls=calls,
    calendar=Calendar("DE", "BE", "Europe/Berlin"),
)
