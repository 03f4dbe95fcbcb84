"""Vouchers of the HTTP API: what binds one to the update that it is for."""

from __future__ import annotations

from handrail.domain.actions.approvals import Decision, DecisionInput
from handrail.domain.base import digest

OURS = "api-"
"""Updates that the API sends have ids that begin so."""


def about(decision: Decision | DecisionInput | None) -> str:
    """Return what is decided on, hashed: an approval in one revision settles once, so nobody can use a voucher again.

    None is what has no approval: the case is handed back, or somebody has no part in it any more.
    """
    if decision is None or not decision.approval_id:
        return digest(["hand_back"])
    return digest([decision.approval_id, decision.revision, str(decision.decision)])


def update_id(*parts: object) -> str:
    """Return the id of an update: the same for the same request, however often it is sent."""
    return f"{OURS}{digest([str(one) for one in parts])[:40]}"
