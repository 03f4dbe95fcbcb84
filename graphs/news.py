"""The news in what a case knows. A turn gives back that alone: the case still has what it sent.

So what grows with a case travels once in a turn, and not twice; the journal in PostgreSQL keeps it whole.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

from graphs.state import CaseState, merge_facts, newest_points

G = TypeVar("G", bound=BaseModel)


def since(known: G, sent: CaseState) -> G:
    """Return `known`, a state or what is kept of one, without what stands in the state that was `sent`."""
    found: Any = known
    facts = {one.name: one for one in sent.facts}
    fewer: dict[str, Any] = {
        "facts": [one for one in found.facts if facts.get(one.name) != one],
        "calls": {name: count for name, count in found.calls.items() if sent.calls.get(name) != count},
        "sentiment": [one for one in found.sentiment if one not in sent.sentiment],
    }
    if isinstance(known, CaseState):  # nothing in a turn changes what the customer's messages state
        fewer["stated"] = []
    return known.model_copy(update=fewer)


def onto(news: G, sent: CaseState) -> G:
    """Return `news` with what stood in the state that was `sent`; what is whole already stays as it is."""
    found: Any = news
    whole: dict[str, Any] = {
        "facts": merge_facts(sent.facts, found.facts),
        "calls": {**sent.calls, **found.calls},
        "sentiment": newest_points(sent.sentiment, found.sentiment),
    }
    if isinstance(news, CaseState):
        whole["stated"] = sent.stated
    return news.model_copy(update=whole)
