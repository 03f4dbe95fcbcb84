"""Arguments of two proposals, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.quality.corrections.loosening import EXPLAINS


def same_arguments(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether the same would be done: what only explains is left out, and what is None counts as not given."""
    names = {name for found in (one, other) for name, value in found.items() if value is not None} - EXPLAINS
    return all(same(one.get(name), other.get(name)) for name in names)


def same(one: Any, other: Any) -> bool:
    """Return whether two arguments are equal: 80, 80.0 and '80' are."""
    if one == other:
        return True
    try:
        return not isinstance(one, bool) and not isinstance(other, bool) and float(one) == float(other)
    except (TypeError, ValueError):
        return str(one).casefold() == str(other).casefold()
