"""Giving a case back to the agent: refused where the agent would only return it, with words that say what to do."""

from __future__ import annotations

from typing import Any, cast

import pytest

from activities.people import PeopleActivities
from handrail.domain.actions.approvals import Decision, DecisionKind, ForAgent, Identity, SentDecision, Source
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import IllegalTransition, InvalidInput
from handrail.domain.team.reviewers import Reviewers
from tests.support.fakes import NOON, FakeControls, FakeTopics, Silent, topic


class Unknown:
    """Nothing is known of who sent it."""

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        return "", Identity.SELF_DECLARED


class Everybody:
    def now(self) -> Reviewers:
        return Reviewers()


TOPICS = FakeTopics([topic(), topic(name="fraud", people_only=True), topic(name="closed", autonomy=Autonomy.OFF)])
SOURCE = Source(workflow_id="case-c-1", run_id="r", update_id="u")
SAID = Decision(approval_id="", revision=0, decision=DecisionKind.ANSWER, reviewer="ann", decided_at=NOON)


async def handed_back(name: str, controls: FakeControls | None = None) -> str:
    people = PeopleActivities(cast(Any, None), Unknown(), Everybody(), controls or FakeControls(), TOPICS, Silent())
    return (
        await people.identify(SentDecision(source=SOURCE, decision=SAID, back=ForAgent(topic=name, customer_id="C-1")))
    ).reviewer


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out_of_scope", "topic: 'out_of_scope' is none of the agent's topics, .* one of: payout, closed"),
        ("", "topic: 'nothing' is none of the agent's topics"),
        ("Payout", "topic: 'Payout' is none"),
        ("fraud", "topic: 'fraud' is for people"),
    ],
)
async def test_a_topic_that_the_agent_does_not_work_on(name: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        await handed_back(name)


@pytest.mark.parametrize(("name", "scope"), [("closed", "tool:x"), ("payout", "global"), ("payout", "topic:payout")])
async def test_a_topic_that_is_switched_off(name: str, scope: str) -> None:
    controls = FakeControls()
    controls.put(Autonomy.OFF, scope)
    with pytest.raises(IllegalTransition, match=f"the agent is switched off for {name}.* or wait until it is switched on"):
        await handed_back(name, controls)


async def test_a_topic_of_the_agent_s_goes_back() -> None:
    controls = FakeControls()
    controls.put(Autonomy.REVIEW)
    controls.put(Autonomy.OFF, "topic:other")
    assert await handed_back("payout", controls) == "ann"
    assert (
        await PeopleActivities(cast(Any, None), Unknown(), Everybody(), FakeControls(), TOPICS, Silent()).identify(
            SentDecision(source=SOURCE, decision=SAID)
        )
    ).reviewer == "ann"
