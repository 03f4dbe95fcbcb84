"""Paths into and out of the house that a drill goes, and grounds it stands on, by name."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from handrail.domain.errors import InvalidInput


class ChaosPath(StrEnum):
    """A path of the load; the client of cases is always there.

    `DISK` and `BUILDS` are grounds under it: they bring faults and parts of their own. `ENCRYPTED` is one, too: histories are.
    `SCORING` ends days of the business.
    """

    CLIENT = "client"
    HTTP = "http"
    WEBHOOKS = "webhooks"
    MAIL = "mail"
    DISK = "disk"
    BUILDS = "builds"
    SCORING = "scoring"
    CUT = "cut"
    ENCRYPTED = "encrypted"


ALL = frozenset(ChaosPath) - {ChaosPath.ENCRYPTED, ChaosPath.CUT}
"""What goes beside each other; encrypted histories, which take the place of plain ones, and a cut are asked for by name."""
EVERY = "all"
ONLY_CLIENT = frozenset({ChaosPath.CLIENT})
WISHES = 8
"""After so many customers the same wishes come again: an odd number of paths has moved on by then, an even one has not."""
CUSTOMERS = (ChaosPath.CLIENT, ChaosPath.HTTP, ChaosPath.MAIL)
"""Paths by which customers come, in the order in which they are dealt out."""


def paths_of(text: str) -> frozenset[ChaosPath]:
    """Return the paths of a list with commas. Raises: InvalidInput: one is none."""
    names = [one.strip() for one in text.split(",") if one.strip()]
    named = ALL if EVERY in names else frozenset[ChaosPath]()
    names = [one for one in names if one != EVERY]
    unknown = next((one for one in names if one not in set(ChaosPath)), None)
    if unknown is not None or not (names or named):
        wrong = f"{unknown[:40]!r} is no path" if unknown else "names no path"
        raise InvalidInput(f"--paths: {wrong}. Write `all`, or with commas: {', '.join(ChaosPath)}.")
    return ONLY_CLIENT | named | {ChaosPath(one) for one in names}


def path_of(number: int, paths: Collection[ChaosPath]) -> ChaosPath:
    """Return the path of the case of a number: in turn, and another one when the same wish comes again."""
    ways = [one for one in CUSTOMERS if one in paths]
    round_of_wishes = number // WISHES if len(ways) % 2 == 0 else 0
    return ways[(number + round_of_wishes) % len(ways)]
