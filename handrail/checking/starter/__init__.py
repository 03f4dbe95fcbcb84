"""A restaurant as a business: guests look up their bookings and change how many they are."""

from pathlib import Path

from handrail.business import Business, FactType, Kind, Tool

from .data import calls, known_customer, samples, seed
from .tools import ChangeGuests, Nothing, change_guests, list_bookings, preview_change

FOLDER = Path(__file__).parent

business = Business(
    name="acme",
    folder=FOLDER,
    tools=(
        Tool("list_bookings", Kind.READ, "The guest's bookings: number, day, how many guests.", Nothing, list_bookings),
        Tool(
            "change_guests",
            Kind.EFFECT,
            "Change how many guests a booking is for.",
            ChangeGuests,
            change_guests,
            preview_change,
        ),
    ),
    known_customer=known_customer,
    facts={"guests": FactType.NUMBER, "guests_more": FactType.NUMBER, "day": FactType.DATE},
    disclosure={"en": "You are talking to our automated assistant."},
    migrations=FOLDER / "migrations",
    seed=seed,
    samples=samples,
    calls=calls,
)
