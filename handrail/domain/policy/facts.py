"""Facts for policies besides the business's own: the proposal, the case, its classification, the customer, the past.

Every name but `now` has a group before its dot: `case.turn`, `history.refund_order.count_30d`. Values are flat, by their
whole name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification
from handrail.domain.policy.policies import exact, plain

GROUPS = ("proposal", "case", "customer", "classification", "history", "now")
NOW = "now"
ARGUMENTS = "proposal.arguments."
HISTORY = "history."

WINDOWS: dict[str, timedelta | None] = {
    "case": None,
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
}
"""How far back history is counted: this case alone, or every case of the customer within a time."""


def counted(action: str, window: str) -> str:
    """The name of how often `action` was carried out."""
    return f"{HISTORY}{action}.count_{window}"


def summed(action: str, argument: str, window: str) -> str:
    """The name of what the argument added up to."""
    return f"{HISTORY}{action}.sum_{argument}_{window}"


def proposal_facts(proposal: Proposal) -> dict[str, Any]:
    """The proposal itself. Arguments by their own names."""
    facts: dict[str, Any] = {
        "proposal.action": proposal.action,
        "proposal.kind": proposal.kind.value,
        "proposal.confidence": proposal.confidence,
        "proposal.revision": proposal.revision,
    }
    return facts | {f"{ARGUMENTS}{name}": value for name, value in proposal.arguments.items()}


def case_facts(row: CaseRow, now: datetime) -> dict[str, Any]:
    """The case as it stands, and the time that it is there. Hours with two decimals."""
    return {
        NOW: now.isoformat(),
        "case.case_id": row.case_id,
        "case.turn": row.turn,
        "case.topic": row.topic,
        "case.risk": row.risk,
        "case.language": row.language,
        "case.channel": row.channel,
        "case.reason": row.reason or "",
        "case.tier": int(row.tier),
        "case.opened_hours_ago": round((now - row.opened_at).total_seconds() / 3600, 2),
    }


def classification_facts(found: Classification | None) -> dict[str, Any]:
    """The classification of the turn's message; without one nothing is available."""
    names = ("topic", "confidence", "complexity", "language", "language_confidence", "frustration", "wants_person")
    facts: dict[str, Any] = {f"classification.{name}": getattr(found, name, None) for name in names}
    facts["classification.risk"] = found.risk.value if found else None
    facts["classification.sentiment"] = found.sentiment.value if found else None
    return facts


def customer_facts(customer_id: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Name the facts that the business gives of the customer."""
    return {"customer.customer_id": customer_id, **{f"customer.{name}": value for name, value in told.items()}}


def with_pending(history: Mapping[str, Any], pending: Iterable[Proposal]) -> dict[str, Any]:
    """The history as it will be once `pending`, which were not blocked a moment ago, have been carried out.

    A sum is None, which no rule can use, where an argument is not the number that it is declared to be.
    """
    found = dict(history)
    for one in pending:
        prefix = f"{HISTORY}{one.action}."
        for name in [name for name in found if name.startswith(prefix)]:
            what, _, _ = name.removeprefix(prefix).rpartition("_")
            more: Any = 1 if what == "count" else one.arguments.get(what.removeprefix("sum_"))
            found[name] = _plus(found[name], more)
    return found


def _plus(before: Any, more: Any) -> int | float | None:
    try:
        left, right = plain(before), plain(more)
    except ValueError:
        return None
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    return exact(left + right)


def about_the_proposal(name: str) -> bool:
    """Return whether the fact comes with some actions only: one of the business's own, or an argument."""
    return name.startswith(ARGUMENTS) or name.partition(".")[0] not in GROUPS


def remembered(facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is recorded with a verdict: the business's facts, and the situation without counts and sums of 0.

    The proposal itself is recorded beside its verdict.
    """
    own = {name: value for name, value in facts.items() if about_the_proposal(name) and not name.startswith(ARGUMENTS)}
    situation = {
        name: value
        for name, value in facts.items()
        if name.partition(".")[0] in GROUPS
        and not name.startswith("proposal.")
        and not (name.startswith(HISTORY) and value == 0 and value is not False)
    }
    return own, situation


def recalled(proposal: Proposal, verdict: Verdict, history: Iterable[str]) -> dict[str, Any]:
    """Rebuild what the ruling saw from what was recorded with it; `history` are the counts and sums that a policy may name.

    Verdicts from before the situation was recorded get no history: what is not known must not read as 0.
    """
    zeros = dict.fromkeys(history, 0) if verdict.situation else {}
    return {**zeros, **verdict.facts, **verdict.situation, **proposal_facts(proposal)}
