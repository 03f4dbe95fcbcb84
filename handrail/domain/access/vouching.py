"""Vouchers of the HTTP API: what binds one to the update that it is for."""

from __future__ import annotations

from handrail.domain.actions.approvals import Decision, DecisionInput
from handrail.domain.base import digest
from handrail.domain.team.commands import HandBack, Recuse

OURS = "api-"
"""Updates that the API sends have ids that begin so."""
BACK, OUT = "hand_back", "recuse"
"""The updates that decide on no approval, by which a case notes that they came."""


def about(decision: Decision | DecisionInput | HandBack | Recuse) -> str:
    """Return what is decided on, hashed: an approval in one revision settles once, so nobody can use a voucher again.

    What has no approval goes by its update: a voucher to hand back takes nobody out of the case, nor the other way round.
    """
    if isinstance(decision, HandBack | Recuse):
        return digest([BACK if isinstance(decision, HandBack) else OUT])
    if not decision.approval_id:
        return digest([decision.via if isinstance(decision, Decision) else ""])
    return digest([decision.approval_id, decision.revision, str(decision.decision)])


def update_id(*parts: object) -> str:
    """Return the id of an update: the same for the same request, however often it is sent."""
    return f"{OURS}{digest([str(one) for one in parts])[:40]}"
