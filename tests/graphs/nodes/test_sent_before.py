"""A turn that is run again meets what it sent before: it goes out as the same effect or a person looks; no rule is asked."""

from __future__ import annotations

from typing import Any

import pytest

from graphs.state import CaseState
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.earlier import EarlierEffect, EarlierOutcome
from handrail.domain.actions.proposals import Ruling
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import BusinessRefused
from tests.support.fakes import NOON, Stage, calls, says, topic

PAY = {"account": "A-101", "amount": 20}
SAYS = says("We paid.")


async def sent(amount: float = 20, *, paid: float | None = None) -> EarlierEffect:
    """What the first attempt sent, as the ledger has it; `paid` is what went out where a person had changed it."""
    stage = Stage(calls(("pay", {**PAY, "amount": amount})), SAYS)
    await stage.run()
    if stage.asked:
        await stage.decide(DecisionKind.APPROVE, **({"amount": paid} if paid else {}))
    ((effect_id, effect),) = stage.bank.paid.items()
    about = {"action": "pay", "arguments": effect.arguments, "at": NOON}
    return EarlierEffect(effect_id=effect_id, outcome=EarlierOutcome.UNKNOWN, **about)


async def second_attempt(one: EarlierEffect, *, amount: float = 20, **stage_with: Any) -> Stage:
    """The same turn once more, over a ledger that has the effect of unknown outcome."""
    stage = Stage(calls(("pay", {**PAY, "amount": amount})), SAYS, **stage_with)
    stage.cases.past = [one]
    return stage


def ended(state: CaseState) -> str | None:
    assert state.outcome is not None, "the graph ended without an outcome"
    return state.outcome.row.reason


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The business refuses the preview: the effect itself has changed what it is held against."""

    async def check(*_: Any, **__: Any) -> Any:
        raise BusinessRefused("refunded", "It is refunded already.")

    monkeypatch.setattr("tests.support.fakes.FakeBank.check", check)


async def test_what_was_sent_goes_out_again_as_the_same_whatever_the_preview_says(request: pytest.FixtureRequest) -> None:
    one = await sent()
    request.getfixturevalue("refusing")
    stage = await second_attempt(one)
    await stage.run()
    assert list(stage.bank.paid) == [one.effect_id]
    assert stage.amounts == [20]


@pytest.mark.parametrize(("most", "free"), [(10, 5), (500, 5)], ids=["blocked", "held"])
async def test_policies_that_became_stricter_are_not_asked_of_what_was_sent(most: float, free: float) -> None:
    stage = await second_attempt(await sent())
    stage.policies.most, stage.policies.free = most, free
    await stage.run()
    assert (stage.asked, stage.amounts) == (None, [20])
    rulings = [one.verdict.ruling for commit in stage.cases.commits for one in commit.rulings]
    assert rulings[0] is Ruling.ALLOW


@pytest.mark.parametrize("level", [Autonomy.OFF, Autonomy.DRAFT, Autonomy.REVIEW])
async def test_a_switch_keeps_in_what_was_sent_and_a_person_looks(level: Autonomy) -> None:
    stage = await second_attempt(await sent())
    stage.controls.put(level, "tool:pay")
    state = await stage.run()
    assert (ended(state), stage.asked, stage.amounts) == ("outcome_unknown", None, [])
    assert state.escalation is not None
    assert "It is not sent again: " in state.escalation.words


async def test_a_tool_that_left_the_topic_is_not_sent_again() -> None:
    stage = await second_attempt(await sent(), topics=[topic(tools=["balance"])])
    assert (ended(await stage.run()), stage.amounts) == ("outcome_unknown", [])


async def test_other_arguments_never_go_out_under_the_key_of_what_was_sent() -> None:
    one = (await sent()).model_copy(update={"arguments": {**PAY, "amount": 10}})
    stage = await second_attempt(one)
    assert (ended(await stage.run()), stage.amounts) == ("outcome_unknown", [])


async def test_what_a_person_approved_and_was_sent_is_sent_again_under_their_yes() -> None:
    one = await sent(180)
    assert one.arguments["amount"] == 180
    stage = Stage(calls(("pay", {**PAY, "amount": 180})), SAYS, topics=[topic(autonomy="review")])
    await stage.run()
    stage.cases.past = [one]
    await stage.decide(DecisionKind.APPROVE)
    assert (list(stage.bank.paid), stage.amounts) == ([one.effect_id], [180])


async def test_an_edit_of_what_was_sent_meanwhile_does_not_go_out() -> None:
    one = await sent(180)
    stage = Stage(calls(("pay", {**PAY, "amount": 180})), SAYS)
    await stage.run()
    stage.cases.past = [one]
    state = await stage.decide(DecisionKind.EDIT, amount=50)
    assert (ended(state), stage.amounts) == ("outcome_unknown", [])
