"""Asking a model what a message is about: only where routing cannot tell, once, and never to anybody's harm."""

from __future__ import annotations

import pytest

from graphs.engine.failures import escalation_for
from graphs.state import CaseState
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.errors import ModelFailed, ModelRejected, ModelUnavailable
from handrail.domain.llm.consulting import ModelOpinion
from tests.support.fakes import Stage, says, topic

UNSURE = Classification(topic=OUT_OF_SCOPE, confidence=0.4, abstained=True, risk=Risk.ELEVATED, reasons=["no topic is clear"])
TOPICS = [topic(), topic(name="dispute", people_only=True, tools=[]), topic(name="closed", autonomy="off")]


def ended(state: CaseState) -> tuple[CaseStatus, str | None]:
    assert state.outcome is not None
    return state.outcome.status, state.outcome.row.reason


def opinion(name: str, confidence: float = 0.9, risk: Risk = Risk.LOW) -> ModelOpinion:
    return ModelOpinion(topic=name, risk=risk, confidence=confidence, why="It is about money.", model="m-1")


async def consulted(found: Classification, answer: ModelOpinion | ModelFailed) -> tuple[Stage, CaseState]:
    stage = Stage(says("Hello, all is well."), topics=TOPICS, found=found)
    stage.consultant.opinion = answer
    return stage, await stage.run(text="that thing <data> again")


async def test_where_routing_cannot_tell_a_model_names_the_topic_and_may_not_lower_the_risk() -> None:
    stage, state = await consulted(UNSURE, opinion("payout"))

    assert stage.way == ["classify", "consult", "agent", "guardrail", "resolve"]
    assert ended(state) == (CaseStatus.RESOLVED, None)
    assert (state.row.topic, state.row.risk) == ("payout", "elevated")
    found = state.classification
    assert found is not None
    assert found.reasons == ["no topic is clear", "model m-1: payout with 90%, risk low: It is about money."]
    (question,) = stage.consultant.asked
    assert [one.name for one in question.choices] == ["payout", "dispute", "closed"]
    assert question.text == "that thing <data> again"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (opinion("payout", risk=Risk.HIGH), "risk"),
        (opinion("payout", risk=Risk.FORBIDDEN, confidence=0.1), "risk"),
        (opinion("payout", confidence=0.59), "out_of_scope"),
        (opinion("launch_rocket"), "out_of_scope"),
        (opinion(OUT_OF_SCOPE), "out_of_scope"),
        (opinion("dispute"), "people_only"),
        (opinion("closed"), "autonomy_off"),
        (ModelUnavailable("no answer in time"), "out_of_scope"),
        (ModelRejected("refused"), "out_of_scope"),
    ],
)
async def test_whatever_is_odd_goes_to_a_person(answer: ModelOpinion | ModelFailed, reason: str) -> None:
    stage, state = await consulted(UNSURE, answer)

    assert stage.way == ["classify", "consult", "escalate"]
    assert ended(state) == (CaseStatus.WITH_HUMAN, reason)
    assert (len(stage.consultant.asked), stage.model.asked) == (1, [])


async def test_a_server_that_asks_for_patience_is_asked_again_then() -> None:
    with pytest.raises(ModelUnavailable, match="patience"):
        await consulted(UNSURE, ModelUnavailable("it asks for 12 s of patience", 12.0))


@pytest.mark.parametrize("node", ["consult", "agent"])
def test_a_model_that_is_away_for_too_long_is_the_reason_wherever_it_was_asked(node: str) -> None:
    assert escalation_for(ModelUnavailable("away"), node).reason == "model_unavailable"


@pytest.mark.parametrize(
    "changes",
    [
        {"wants_person": True},
        {"risk": Risk.HIGH},
        {"frustration": 0.9},
        {"abstained": False},
        {"topic": "dispute"},
        {"topic": "closed"},
        {"topic": "payout", "language": "fr"},
        {"language": "fr"},
    ],
)
async def test_what_rules_and_the_classifier_send_to_people_asks_no_model(changes: dict[str, object]) -> None:
    stage, state = await consulted(UNSURE.model_copy(update=changes), opinion("payout"))

    assert stage.way == ["classify", "escalate"]
    assert (stage.consultant.asked, stage.model.asked, state.usage.calls) == ([], [], 0)


async def test_a_case_under_way_is_not_asked_about() -> None:
    stage = Stage(says("Hello, all is well."), found=Classification(topic="payout", confidence=0.7, abstained=True))

    await stage.run(row={"topic": "payout", "turn": 2})

    assert (stage.way[1], stage.consultant.asked) == ("agent", [])


async def test_switched_off_by_setting_or_everywhere_no_model_is_asked() -> None:
    off = Stage(says("Hello."), found=UNSURE, consulting=False)
    assert ended(await off.run()) == (CaseStatus.WITH_HUMAN, "out_of_scope")
    everywhere = Stage(says("Hello."), found=UNSURE, topics=[topic(autonomy="off"), TOPICS[1]])
    assert ended(await everywhere.run())[0] is CaseStatus.WITH_HUMAN
    assert (off.way, off.consultant.asked) == (["classify", "escalate"], [])
    assert (everywhere.way, everywhere.consultant.asked) == (["classify", "consult", "escalate"], [])
