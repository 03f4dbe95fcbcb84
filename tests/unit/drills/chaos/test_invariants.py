"""Every invariant of a drill under faults: it holds for a sound record, and something is planted for each."""

from __future__ import annotations

from handrail.drills.chaos.invariants.every import INVARIANTS, checked
from tests.unit.drills.chaos import test_cases, test_days, test_effects, test_mail, test_outside
from tests.unit.drills.chaos.evidence import sound


def test_a_sound_record_breaks_nothing() -> None:
    found = checked(sound())
    assert [one for one in found if one.broken] == []
    assert all(one.looked_at > 0 for one in found)


def test_every_invariant_has_a_planted_counter_example() -> None:
    rooms = (test_cases, test_days, test_effects, test_mail, test_outside)
    planted = [one for room in rooms for one in room.PLANTED.values()]
    assert {one.name for one in INVARIANTS} == {name for name, *_ in planted}
