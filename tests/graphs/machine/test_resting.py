"""A turn that waits for its model goes on waiting only while nothing else would become of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphs.engine.resting import ModelRest
from graphs.nodes.agent import OneRelease
from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.case.cases import CaseRow
from handrail.topics.dial import TopicDial
from tests.support.fakes import NOON, FakeControls, FakeModel, FakeTopics, Noon, topic
from tests.support.small import wanted


class Resting(OneRelease):
    """A release whose model is to be left alone for seven seconds."""

    def __init__(self, left: float = 7.0) -> None:
        super().__init__(FakeModel([]))
        self._left = left

    async def resting(self, row: CaseRow) -> float:
        return self._left


def of_case(**changes: Any) -> CaseRow:
    return wanted().state.row.model_copy(update={"topic": "payout", "updated_at": NOON, **changes})


def rest(topics: list[Topic] | None = None, controls: FakeControls | None = None, left: float = 7.0) -> ModelRest:
    return ModelRest(FakeTopics(topics or [topic()]), TopicDial(controls or FakeControls()), Resting(left), Noon())


@pytest.mark.parametrize("node", ["agent", "consult"])
async def test_it_waits_as_long_as_the_model_is_to_be_left_alone(node: str) -> None:
    assert await rest().left(of_case(), node) == 7.0
    assert await rest(left=0.0).left(of_case(), node) == 0.0


@pytest.mark.parametrize("node", ["agent", "consult"])
@pytest.mark.parametrize(("scope", "level", "left"), [("global", "off", 0.0), ("global", "review", 7.0)])
async def test_a_turn_whose_agent_was_switched_off_is_run(node: str, scope: str, level: str, left: float) -> None:
    controls = FakeControls()
    controls.put(Autonomy(level), scope)
    assert await rest(controls=controls).left(of_case(), node) == left


async def test_a_switch_of_its_topic_counts_for_the_agent_and_any_open_topic_for_a_question_of_topics() -> None:
    controls = FakeControls()
    controls.put(Autonomy.OFF, "topic:payout")
    both = rest([topic(), topic(name="refund")], controls)
    assert await both.left(of_case(), "agent") == 0.0
    assert await both.left(of_case(topic="refund"), "agent") == 7.0
    assert await both.left(of_case(topic=None), "consult") == 7.0


@pytest.mark.parametrize(
    ("topics", "row", "node"),
    [
        ([topic(autonomy="off")], {}, "agent"),
        ([topic(people_only=True)], {}, "agent"),
        ([topic(name="refund")], {}, "agent"),
        ([topic()], {"topic": None}, "agent"),
        ([topic(bounds={"turn_seconds": 60})], {"updated_at": NOON - timedelta(seconds=60)}, "agent"),
        ([topic()], {}, "a node of an edited graph"),
        ([topic()], {}, ""),
    ],
)
async def test_a_turn_of_which_something_else_would_become_is_run(topics: list[Topic], row: dict[str, Any], node: str) -> None:
    assert await rest(topics).left(of_case(**row), node) == 0.0
