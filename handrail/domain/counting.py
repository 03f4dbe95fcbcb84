"""Numbers with their nouns, for sentences that people read."""

from __future__ import annotations

from collections.abc import Sequence


def many(number: int, noun: str, plural: str | None = None) -> str:
    """The number and its noun, singular for 1: `1 case`, `0 cases`, `2 entries`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """The first `most` names, and how many more there are: `a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
