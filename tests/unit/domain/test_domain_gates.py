"""The human-review gate: when it opens, when it stays shut, when it falls shut again; and the strictest of all words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from handrail.domain.autonomy.review_gates import GateProgress, stand
from handrail.domain.autonomy.topics import Autonomy, ReviewGate, Setting, dialled, strictest

BEGAN = datetime(2026, 5, 4, 12, tzinfo=UTC)
GATE = ReviewGate(cases=200, days=14)


def progress(cases: int, edited: int = 0, rejected: int = 0) -> GateProgress:
    approved = cases - edited - rejected
    return GateProgress(
        topic="refund", version="v", began_at=BEGAN, cases=cases, approved=approved, edited=edited, rejected=rejected
    )


@pytest.mark.parametrize(
    ("gate", "counted", "days", "open_", "words"),
    [
        (GATE, progress(0), 0, False, "0 of 200 cases reviewed, until 2026-05-18 12:00 UTC at the latest"),
        (GATE, progress(199), 13.9, False, "199 of 200 cases"),
        (GATE, progress(200), 1, True, "0 of 200 decisions edited or rejected (0.0%)"),
        (GATE, progress(200, edited=6, rejected=4), 1, True, "(5.0%), at most 5.0%"),
        (GATE, progress(200, edited=6, rejected=5), 1, False, "11 of 200 decisions edited or rejected (5.5%), at most 5.0%"),
        (GATE, progress(40, edited=2), 14, True, "2 of 40"),
        (GATE, progress(19), 14, False, "people decided only 19 of 20 times needed"),
        (GATE, progress(0), 400, False, "people decided only 0 of 20 times needed"),
        (ReviewGate(cases=3), progress(3), 0, True, "0 of 3"),
        (ReviewGate(cases=3), progress(2), 900, False, "2 of 3 cases reviewed"),
        (ReviewGate(days=1, max_edit_rate=0), progress(30, edited=1), 2, False, "at most 0.0%"),
    ],
)
def test_a_gate_opens_on_enough_good_reviews_and_on_nothing_else(
    gate: ReviewGate, counted: GateProgress, days: float, open_: bool, words: str
) -> None:
    state = stand(gate, counted, BEGAN + timedelta(days=days))
    assert (state.open, state.setting.autonomy) == (open_, Autonomy.AUTO if open_ else Autonomy.REVIEW)
    assert words in state.why


def test_edits_after_it_opened_close_it_again() -> None:
    later = BEGAN + timedelta(days=1)
    assert stand(GATE, progress(200, edited=10), later).open
    assert not stand(GATE, progress(201, edited=11), later).open


def test_a_gate_needs_an_end_and_another_round_is_another_gate() -> None:
    with pytest.raises(ValidationError, match="needs `cases` or `days`"):
        ReviewGate()
    assert GATE.version == ReviewGate(days=14, cases=200).version
    assert GATE.version != ReviewGate(cases=200, days=14, round=2).version


def test_the_strictest_word_counts_and_says_why() -> None:
    assert strictest(Autonomy.REVIEW, Autonomy.OFF, Autonomy.AUTO) is Autonomy.OFF
    assert strictest() is Autonomy.AUTO
    found = dialled(
        [
            Setting(source="topic", autonomy=Autonomy.AUTO, why="The file says auto."),
            Setting(source="review_gate", autonomy=Autonomy.REVIEW, why="3 of 200 cases."),
            Setting(source="control", autonomy=Autonomy.REVIEW, why="Ann is careful."),
        ]
    )
    assert (found.autonomy, found.why) == (Autonomy.REVIEW, "3 of 200 cases. Ann is careful.")
    assert [one.source for one in found.settings] == ["review_gate", "control", "topic"]
