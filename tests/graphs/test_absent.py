"""Whatever fails of what a business brings, a case reaches a person, and the packet says what is missing."""

from __future__ import annotations

from typing import Any

import pytest

import graphs.nodes.escalate
from graphs.handover.handoff import UNREAD
from handrail.domain.case.classification import Classification
from handrail.domain.errors import BusinessFailed
from tests.support.fakes import Stage, says


class Broken(RuntimeError):
    """A defect of the business."""


def fail(*_: Any, **__: Any) -> Any:
    raise Broken


async def fail_later(*_: Any, **__: Any) -> Any:
    raise Broken


async def unknown(*_: Any, **__: Any) -> Any:
    raise BusinessFailed("The business's record of the customer did not answer in time.")


WAYS = {
    "customer": ("tests.support.fakes.FakeCustomers.facts", unknown),
    "customer, unwrapped": ("tests.support.fakes.FakeCustomers.facts", fail_later),
    "known_customer": ("tests.support.fakes.FakeCases.known_customer", unknown),
    "router": ("tests.support.fakes.FakeRouter.classify", fail_later),
    "topics": ("tests.support.fakes.FakeTopics.get", fail),
    "matrix": ("tests.support.fakes.FakeMatrix.route", fail),
    "people's hours": ("tests.support.fakes.FakeStaff.expect", fail_later),
    "people's clock": ("tests.support.fakes.FakeStaff.say", fail),
}
SAID = {
    "a wish": Classification(topic="payout", confidence=0.9, wants_person=True),
    "a risk": Classification(topic="payout", confidence=0.9, risk="high"),
    "a question": Classification(topic="payout", confidence=0.9),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("way", WAYS)
async def test_whatever_fails_the_case_reaches_a_person_or_is_answered(
    way: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*WAYS[way])
    state = await Stage(says("You have 250."), found=SAID[said]).run()
    assert state.outcome is not None
    if said != "a question" or state.outcome.handoff:
        assert state.outcome.status == "WithHuman"
        assert state.outcome.handoff is not None
        assert state.outcome.row.queue
        assert state.outcome.row.due_at


@pytest.mark.parametrize(("way", "words"), [("customer", "did not answer in time"), ("matrix", "could not be asked")])
async def test_the_packet_says_what_could_not_be_read(way: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WAYS[way])
    state = await Stage(says("x"), found=SAID["a wish"]).run()
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert state.outcome.row.reason == "customer_asked"
    assert len([one for one in state.outcome.handoff.absent if words in one]) == 1


async def test_without_the_customers_record_the_agent_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WAYS["customer"])
    stage = Stage(says("You have 250."))
    state = await stage.run()
    assert state.outcome is not None
    assert state.outcome.row.reason == "facts_unavailable"
    assert stage.model.asked == []


async def test_a_packet_that_cannot_be_made_goes_out_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs.nodes.escalate, "packet", fail)
    state = await Stage(says("x"), found=SAID["a wish"]).run()
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert state.outcome.handoff.absent == [UNREAD]
    assert state.outcome.handoff.transcript
