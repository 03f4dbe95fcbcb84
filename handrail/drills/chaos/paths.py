"""Paths into and out of the house that a drill goes, by name."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from handrail.domain.errors import InvalidInput


class ChaosPath(StrEnum):
    """A path of the load. The client of cases is always there."""

    CLIENT = "client"
    HTTP = "http"
    WEBHOOKS = "webhooks"


ALL = frozenset(ChaosPath)
ONLY_CLIENT = frozenset({ChaosPath.CLIENT})
CUSTOMERS = (ChaosPath.CLIENT, ChaosPath.HTTP)
"""Paths by which customers come, in the order in which they are dealt out."""


def paths_of(text: str) -> frozenset[ChaosPath]:
    """Return the paths of a list with commas. Raises: InvalidInput: one is none."""
    names = [one.strip() for one in text.split(",") if one.strip()]
    if names == ["all"]:
        return ALL
    unknown = next((one for one in names if one not in set(ChaosPath)), None)
    if unknown is not None or not names:
        wrong = f"{unknown[:40]!r} is no path" if unknown else "names no path"
        raise InvalidInput(f"--paths: {wrong}. Write `all`, or with commas: {', '.join(ChaosPath)}.")
    return ONLY_CLIENT | {ChaosPath(one) for one in names}


def path_of(number: int, paths: Collection[ChaosPath]) -> ChaosPath:
    """Return the path of the case of a number: in turn, and another one when the same wish comes again."""
    ways = [one for one in CUSTOMERS if one in paths]
    return ways[(number + number // 8) % len(ways)]
