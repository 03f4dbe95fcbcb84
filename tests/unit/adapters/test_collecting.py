"""The worker's collector of garbage: what is loaded is left alone, and what comes later is still collected."""

from __future__ import annotations

import gc
import subprocess
import sys

PROGRAM = """
import gc, weakref
from handrail.wiring.cases.collecting import YOUNG, settle
class Ring: pass
def ring():
    made = Ring(); made.itself = made
    return weakref.ref(made)
settle()
assert gc.isenabled() and gc.get_freeze_count() > 5_000 and not gc.get_objects(generation=2)
gone = ring()
kept = [[] for _ in range(2 * YOUNG)]
assert gone() is None, "a ring that is dropped stays for ever"

old = Ring(); old.itself = old; gone = weakref.ref(old)
gc.collect(1)
del old
kept += [[] for _ in range(600_000)]
assert gone() is None, "a ring that is dropped when it is old lies about for more than a thousand cases"
"""


def test_rings_are_collected_and_what_was_loaded_is_left_alone() -> None:
    assert gc.get_threshold()[0] < 20_000, "only a worker's process is set so"
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)
