"""Matters of simulated customers: who wants what on which day, and at what hour they write about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from handrail.simulation.chance import drawn
from handrail.simulation.plan import PlantedKind, SimulationPlan

HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 11, 11, 10, 9, 9, 10, 11, 10, 7, 4, 2)
"""Weights of the hours of a day, UTC."""
WEEKDAYS = (1.2, 1.1, 1.05, 1.0, 1.0, 0.85, 0.8)
"""Parts of the mean volume, Monday first."""
SPREAD = 0.06
"""The standard deviation of a day's volume beyond chance: days differ."""
LANGUAGES: Mapping[str, float] = {"en": 56, "de": 20, "fr": 9, "es": 8, "nl": 7}
MOODS: Mapping[str, float] = {"calm": 62, "polite": 24, "annoyed": 12.5, "furious": 1.5}
WANTS: Mapping[str, float] = {
    "status": 34, "refund": 19, "payment": 11, "cancel": 10, "password": 9, "address": 7,
    "dispute": 2, "fraud": 1.5, "person": 3, "outside": 3.5,
}  # fmt: skip
TOPICS: Mapping[str, str] = {
    "status": "order_status",
    "refund": "refund",
    "payment": "payment_status",
    "cancel": "cancel_order",
    "password": "password_reset",
    "address": "change_address",
    "dispute": "dispute",
    "fraud": "fraud",
}
NOVEL_SHARE = 0.12
"""The new kind of request, as a part of all from then on."""
CHANNELS: Mapping[str, float] = {"api": 60, "email": 25, "chat": 15}
CUSTOMERS_PER_CASE = 40
"""Customers of the shop for each case a day."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A customer's matter: the seed of its case and of those that repeat it. `amount` is what is asked back, USD."""

    matter_id: str
    customer_id: str
    at: datetime
    wants: str
    language: str
    mood: str
    channel: str
    amount: Decimal

    @property
    def topic(self) -> str | None:
        """The topic that it is about; None where no topic is."""
        return TOPICS.get(self.wants)


def matters(plan: SimulationPlan, number: int) -> Iterator[Matter]:
    """Yield the matters that come up on a day, the same for every process."""
    chance = drawn(plan.seed, "day", number)
    begins, weekday = plan.begins(number), plan.day(number).weekday()
    mean = plan.volume * WEEKDAYS[weekday] * max(0.5, chance.gauss(1, SPREAD))
    novel = any(one.kind is PlantedKind.NOVEL and one.day <= number for one in plan.planted)
    # A new kind of request comes on top of the others.
    for index in range(max(1, round(chance.gauss(mean, mean**0.5)))):
        yield matter(plan, begins, f"{number + plan.quiet:03d}-{index:05d}", drawn(plan.seed, "matter", number, index))
    if novel:
        for index in range(round(chance.gauss(mean * NOVEL_SHARE, (mean * NOVEL_SHARE) ** 0.5))):
            own = drawn(plan.seed, "novel", number, index)
            yield matter(plan, begins, f"{number + plan.quiet:03d}-n{index:04d}", own, wants="novel")


def matter(plan: SimulationPlan, begins: datetime, name: str, chance: Random, wants: str | None = None) -> Matter:
    """Draw one matter of that day."""
    hour = chance.choices(range(24), HOURS)[0]
    customer_id = f"C-{chance.randrange(plan.volume * CUSTOMERS_PER_CASE):06d}"
    return Matter(
        matter_id=f"sim-{name}",
        customer_id=customer_id,
        at=begins + timedelta(hours=hour, seconds=chance.randrange(3_600)),
        wants=wants or chosen(chance, WANTS),
        language=chosen(drawn(plan.seed, "customer", customer_id), LANGUAGES),
        mood=chosen(chance, MOODS),
        channel=chosen(chance, CHANNELS),
        amount=amount(chance),
    )


def amount(chance: Random) -> Decimal:
    """Draw a sum that is asked back: mostly small, one in seven above 100 USD, one in sixty above 500."""
    return Decimal(str(round(min(900.0, max(6.0, chance.lognormvariate(3.7, 0.85))), 2))).quantize(Decimal("0.01"))


def chosen(chance: Random, weights: Mapping[str, float]) -> str:
    """Draw one by its weight."""
    return chance.choices(list(weights), list(weights.values()))[0]
