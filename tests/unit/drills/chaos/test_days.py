"""Invariants of the business's days: each names what was planted."""

from __future__ import annotations

import pytest

from handrail.domain.quality.days import STEPS
from handrail.drills.chaos.seen.days import DrawnRow, ScoreRow
from tests.unit.drills.chaos.evidence import LATER, SMALL, Planted, at, check_named, replaced, without

FIRST, LAST = "2026-02-21", "2026-02-22"
PLANTED: dict[str, Planted] = {
    "a day of which the record knows nothing": (
        "every day is looked at",
        "",
        "2 days ended, and the record knows 1",
        lambda seen: {"days": without(seen.days, 0)},
    ),
    "a step that failed for good": (
        "every day is looked at",
        "",
        "of day 2026-02-22 judge was never done (judge: away)",
        lambda seen: {"days": replaced(seen.days, 1, done=list(STEPS[:-1]), failed=["judge: away"])},
    ),
    "a case drawn in two days": (
        "a case is drawn once, and has ended",
        SMALL,
        "drawn in 2 days",
        lambda seen: {"drawn": [*seen.drawn, DrawnRow(day=LAST, case_id=SMALL, ended_at=at(3))]},
    ),
    "a case drawn before it had ended": (
        "a case is drawn once, and has ended",
        LATER,
        f"drawn for day {LAST}, and did not end within it",
        lambda seen: {"drawn": replaced(seen.drawn, 1, ended_at=None)},
    ),
    "a sample drawn again": (
        "a case is drawn once, and has ended",
        "",
        f"day {FIRST} says that it drew 2, and 1 stand",
        lambda seen: {"days": replaced(seen.days, 0, drawn=2)},
    ),
    "an ended case that no day counted": (
        "a case is drawn once, and has ended",
        "",
        f"2 cases ended on day {LAST}, and it counted 1",
        lambda seen: {"days": replaced(seen.days, 1, ended=2)},
    ),
    "a drawn case without one of its scores": (
        "what is drawn is scored",
        SMALL,
        f"drawn for day {FIRST}, and grounding says nothing of it",
        lambda seen: {"scores": without(seen.scores, 0)},
    ),
    "a score of a case that was not drawn": (
        "what is drawn is scored",
        "k-9",
        f"scored for day {FIRST}, and not drawn for it",
        lambda seen: {"scores": [*seen.scores, ScoreRow(day=FIRST, case_id="k-9", scorer="tone")]},
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_each_counter_example_is_named(what: str) -> None:
    check_named(PLANTED[what])
