"""What a turn gives back is put onto what it was sent: nothing of a case's knowledge is lost on the way, or sent twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphs.state import FACTS_KEPT, POINTS_KEPT, CaseState, merge_facts, newest_points
from graphs.turn import Learned, TurnResult
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import SentimentPoint
from handrail.domain.case.handoffs import Fact, StatedFact
from tests.support.fakes import NOON


def facts(*numbers: int, minutes: int = 0) -> list[Fact]:
    at = NOON + timedelta(minutes=minutes)
    return [Fact(name=f"order {one}", value={"total": one}, source="orders", at=at) for one in numbers]


def points(*turns: int) -> list[SentimentPoint]:
    return [SentimentPoint(turn=one, at=NOON, frustration=0.1) for one in turns]


def state(**fields: Any) -> CaseState:
    return CaseState(row=CaseRow(case_id="c", customer_id="C", opened_at=NOON, updated_at=NOON), **fields)


def behind(sent: CaseState) -> CaseState:
    """The state at the end of a turn that read one order anew and another for the first time."""
    return sent.model_copy(
        update={
            "facts": merge_facts(sent.facts, facts(3, 100, minutes=5)),
            "calls": {**sent.calls, "three": 2, "new": 1},
            "sentiment": newest_points(sent.sentiment, points(99)),
        }
    )


SENT = state(
    facts=facts(*range(FACTS_KEPT)),
    calls={"three": 1, "four": 1},
    sentiment=points(*range(POINTS_KEPT)),
    stated=[StatedFact(kind="number", value="O-1", turn=1, at=NOON)],
)


@pytest.mark.parametrize("part", ["learned", "state"])
def test_what_comes_back_is_new_and_with_what_was_sent_it_is_whole(part: str) -> None:
    ended = behind(SENT)
    whole = TurnResult(learned=Learned.of(ended)) if part == "learned" else TurnResult(state=ended)
    back = TurnResult.model_validate_json(whole.since(SENT).model_dump_json())
    found: Any = back.learned or back.state
    assert found.facts == facts(3, 100, minutes=5)
    assert found.calls == {"three": 2, "new": 1}
    assert found.sentiment == points(99)
    assert back.onto(SENT) == whole


def test_a_whole_result_of_an_earlier_build_stays_as_it_is() -> None:
    whole = TurnResult(learned=Learned.of(behind(SENT)))
    assert whole.onto(SENT) == whole


def test_a_result_without_either_is_left_alone() -> None:
    assert TurnResult(node="act").since(SENT).onto(SENT) == TurnResult(node="act")
