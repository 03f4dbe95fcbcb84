"""The indicators that a record can be asked for, in the order of their bits in the kept outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

WEEK = 168


class CountsFrom(StrEnum):
    """The moment of a case from which an indicator's waiting time counts."""

    END = "end"
    SURVEY = "survey"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of the record, `handrail.outcome_NAME`: a share or a value, and how many hours it looks ahead."""

    share: bool
    ahead: int = 0
    counts_from: CountsFrom = CountsFrom.END


INDICATORS: Mapping[str, Indicator] = {
    "first_contact_confirmed": Indicator(True, WEEK),
    "first_contact_unconfirmed": Indicator(True, WEEK),
    "repeat_48h": Indicator(True, 48),
    "repeat_7d": Indicator(True, WEEK),
    "escalation": Indicator(True),
    "second_contact_escalation": Indicator(True),
    "edits": Indicator(True),
    "rejections": Indicator(True),
    "hand_backs": Indicator(True),
    "confirmations_refused": Indicator(True),
    "abandonment": Indicator(True),
    "policy_hits": Indicator(True),
    "survey_response": Indicator(True, counts_from=CountsFrom.SURVEY),
    "satisfied": Indicator(True, counts_from=CountsFrom.SURVEY),
    "cost_known": Indicator(True),
    "held_up": Indicator(True, WEEK),
    "first_reply_seconds": Indicator(False, counts_from=CountsFrom.REPLY),
    "resolution_seconds": Indicator(False),
    "agent_seconds": Indicator(False),
    "customer_seconds": Indicator(False),
    "waiting_seconds": Indicator(False),
    "person_seconds": Indicator(False),
    "cost_usd": Indicator(False),
    "csat": Indicator(False, counts_from=CountsFrom.SURVEY),
    "nps": Indicator(False, counts_from=CountsFrom.SURVEY),
    "policy_stops": Indicator(True),
    "without_topic": Indicator(True),
    "policy_holds": Indicator(True),
    "holds_approved": Indicator(True),
    "policy_misses": Indicator(True, 48),
}
STILL_OPEN = 25
"""The bit of a case that has not ended; indicators that came later have the bits behind it."""
PLACES: Mapping[str, int] = {name: place if place < STILL_OPEN else place + 1 for place, name in enumerate(INDICATORS)}
"""The bit of each indicator, as `handrail.outcome_place` gives it."""
OF_CUSTOMERS = frozenset(
    (
        "first_contact_confirmed",
        "repeat_48h",
        "repeat_7d",
        "second_contact_escalation",
        "held_up",
        "abandonment",
        "satisfied",
        "csat",
        "nps",
    )
)
"""Indicators of what customers got; the others say what it cost, how fast it was, or who did it."""
