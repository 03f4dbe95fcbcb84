"""The collector of garbage, set for a process that loads much once and then makes much that is soon gone."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 10, 0
"""New objects before the young ones are looked through, and how often that is done before older ones are.

Runs that leave a worker's cache are old by then, and hold themselves, 80 KB each. The old ones are looked through once in a
thousand cases, which takes a tenth of a second; where that is done more seldom, runs lie about by the thousand.
"""

LOADING = (100_000, 10, 10)
"""The same while a program loads, when nearly all that is made stays: the old ones are looked through after ten million."""


def defer() -> None:
    """Look through young objects alone; else a start looks again and again through all that it has loaded."""
    gc.set_threshold(*LOADING)


def settle() -> None:
    """Look no more through what is loaded by now, and through the rest less often.

    Python's own setting looks through all that was ever loaded again and again, which takes a tenth of a case's time. The old
    ones are not looked through even now: what is dropped among them is little, and the look takes a fifth of a second.
    """
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
