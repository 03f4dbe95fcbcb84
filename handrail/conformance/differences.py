"""Differences between two JSON documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

SHOWN = 3
WIDTH = 80
NOTHING = "nothing"


def differences(expected: Any, found: Any, limit: int = SHOWN) -> list[str]:
    """The first places that differ, as `orders.W1.status: 'pending' instead of 'cancelled'`; none where they are equal."""
    return list(islice(_differences(expected, found, ""), limit))


def _differences(expected: Any, found: Any, at: str) -> Iterator[str]:
    if expected == found:
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            yield from _differences(expected.get(name, NOTHING), found.get(name, NOTHING), f"{at}.{name}".lstrip("."))
    elif isinstance(expected, list) and isinstance(found, list):
        for place, (one, other) in enumerate(zip_longest(expected, found, fillvalue=NOTHING)):
            yield from _differences(one, other, f"{at}.{place}".lstrip("."))
    else:
        yield f"{at}: {repr(found)[:WIDTH]} instead of {repr(expected)[:WIDTH]}"
