"""The moments at which indicators count, as `handrail.outcomes_counted` takes them: a bit for each indicator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SHARES = (
    "first_contact_confirmed",
    "first_contact_unconfirmed",
    "repeat_48h",
    "repeat_7d",
    "escalation",
    "second_contact_escalation",
    "edits",
    "rejections",
    "hand_backs",
    "confirmations_refused",
    "abandonment",
    "policy_hits",
    "survey_response",
    "satisfied",
    "cost_known",
    "held_up",
)
VALUED = (
    "first_reply_seconds",
    "resolution_seconds",
    "agent_seconds",
    "customer_seconds",
    "waiting_seconds",
    "person_seconds",
    "cost_usd",
    "csat",
    "nps",
)
PLACES: Mapping[str, int] = {name: place for place, name in enumerate((*SHARES, *VALUED))}
"""The bit of each indicator, as `handrail.outcome_place` gives it."""
FROM_SURVEY = ("survey_response", "satisfied", "csat", "nps")
FROM_REPLY = ("first_reply_seconds",)
BEHIND = timedelta(microseconds=1)
"""An indicator is mature at its moment, too; PostgreSQL's buckets begin at their edge."""


def maturity(hours: Mapping[str, float], as_of: datetime) -> dict[str, Any]:
    """Return the parameters for indicators that wait so many hours.

    `edges` are moments; `ended`, `asked` and `replied` hold, for the stretch before the first edge, between each two and
    behind the last, the indicators that count from an end, a survey or a first reply and are mature if it was then.
    """
    ripe = {name: as_of - timedelta(hours=wait) + BEHIND for name, wait in hours.items()}
    edges = sorted(set(ripe.values()))

    def masks(kind: str) -> list[int]:
        mine = {name: edge for name, edge in ripe.items() if _kind(name) == kind}
        # In stretch n lies what is before the edge n and behind the one before it.
        return [sum(1 << PLACES[name] for name, edge in mine.items() if edges.index(edge) >= n) for n in range(len(edges) + 1)]

    return {
        "names": list(hours),
        "places": [PLACES[name] for name in hours],
        "wanted": sum(1 << PLACES[name] for name in hours),
        "edges": edges,
        "ended": masks("ended"),
        "asked": masks("asked"),
        "replied": masks("replied"),
    }


def _kind(name: str) -> str:
    return "asked" if name in FROM_SURVEY else "replied" if name in FROM_REPLY else "ended"
