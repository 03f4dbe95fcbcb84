"""The key by which Temporal deals out waiting work evenly among customers."""

from __future__ import annotations

from handrail.domain.base import digest


def fairness_key(customer_id: str) -> str:
    """Return 16 hex digits that stand for the customer in each case of theirs; the id itself stays out of queues."""
    return digest(["fairness", customer_id])[:16]
