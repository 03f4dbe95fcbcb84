"""A place in a text that holds a secret, and how places are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from handrail.domain.text.redacted import Secret


class Found(NamedTuple):
    """A secret from `start` to before `end`; `last` are its last four characters, where they may be told."""

    start: int
    end: int
    kind: Secret
    last: str = ""


def apart(found: Iterable[Found]) -> list[Found]:
    """Return the places in their order, the first and longest of those that overlap."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
