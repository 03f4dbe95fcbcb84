"""Ceilings for several at once, checked against what the business declares."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.domain.policy.batching import BatchTerms
from handrail.domain.policy.shapes import FactType, Shape
from handrail.policies.names import nearest


def ceiling_problem(batch: BatchTerms | None, facts: Mapping[str, Shape]) -> str | None:
    """Return why the ceiling cannot be used; None where there is none, or it can."""
    if batch is None or facts.get(batch.field) is FactType.NUMBER:
        return None
    numbers = sorted(name for name, shape in facts.items() if shape is FactType.NUMBER)
    return f"{batch.field!r} is no number that can be added up. {nearest(batch.field, numbers)}."
