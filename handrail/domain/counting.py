"""Numbers with their nouns, for sentences that people read."""

from __future__ import annotations


def many(number: int, noun: str, plural: str | None = None) -> str:
    """The number and its noun, singular for 1: `1 case`, `0 cases`, `2 entries`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
