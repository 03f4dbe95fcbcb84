"""Controls that are set while a case is under way: what stays in, who gets it, what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphs.state import CaseState
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.autonomy.controls import ControlsInForce, admit
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import Commit
from handrail.domain.case.messages import Author
from handrail.domain.errors import SwitchedOff
from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from tests.support.fakes import FakeControls, Stage, calls, says, topic

PAY = ("pay", {"amount": 50})


def reason(state: CaseState) -> str | None:
    return state.escalation.reason if state.escalation else None


def nothing() -> None:
    """Nothing happens."""


def gated(stage: Stage, *, before_effect: Callable[[], None] = nothing, before_reply: Callable[[], None] = nothing) -> Stage:
    """The stage with the gates that the real record has, and what happens just before something passes one."""
    apply, write = stage.bank.apply, stage.cases.commit

    async def gated_apply(effect: Effect) -> EffectResult:
        before_effect()
        found = await stage.controls.over(effect.topic, effect.customer_id)
        admit(found.dialled(effect.action), approved=effect.approved_by is not None)
        return await apply(effect)

    async def gated_commit(commit: Commit) -> None:
        if any(one.author is Author.ASSISTANT for one in commit.messages):
            before_reply()
            found = await stage.controls.over(commit.row.topic or "", commit.row.customer_id)
            admit(found.dialled(), approved=commit.reply_approved)
        await write(commit)

    stage.bank.apply = gated_apply  # type: ignore[method-assign]
    stage.cases.commit = gated_commit  # type: ignore[method-assign]
    return stage


def once(act: Callable[..., None], *given: Any) -> Callable[[], None]:
    """`act` the first time and never again."""
    left = [given]
    return lambda: act(*left.pop()) if left else None


@pytest.mark.parametrize("scope", ["global", "topic:payout"])
async def test_switched_off_no_model_is_asked(scope: str) -> None:
    stage = Stage(says("Hello."))
    stage.controls.put(Autonomy.OFF, scope)
    state = await stage.run()
    assert (reason(state), stage.model.asked, stage.amounts) == ("switched_off", [], [])
    assert state.escalation
    assert f"Control {scope} is at 'off' by ann" in state.escalation.words
    assert state.outcome
    assert state.outcome.handoff


async def test_what_the_topic_itself_says_is_another_reason() -> None:
    stage = Stage(says("Hello."), topics=[topic(autonomy=Autonomy.OFF)])
    stage.controls.put(Autonomy.REVIEW)
    assert reason(await stage.run()) == "autonomy_off"


@pytest.mark.parametrize("answer", [calls(PAY), says("You get 50 soon.")])
async def test_an_answer_that_comes_after_the_switch_is_thrown_away(answer: ModelAnswer) -> None:
    stage = Stage(answer)
    complete = stage.model.complete

    async def meanwhile(request: ModelRequest) -> ModelAnswer:
        stage.controls.put(Autonomy.OFF)
        return await complete(request)

    stage.model.complete = meanwhile  # type: ignore[method-assign]
    state = await stage.run()
    assert (reason(state), stage.amounts) == ("switched_off", [])
    assert stage.way == ["classify", "agent", "guardrail", "escalate"]
    assert state.outcome
    assert state.outcome.handoff
    assert state.outcome.handoff.suggested_reply is None
    assert state.usage.calls == 1


async def test_an_effect_that_was_allowed_is_asked_about_once_review_is_set() -> None:
    stage = Stage(calls(PAY), says("It is done."))
    gated(stage, before_effect=once(stage.controls.put, Autonomy.REVIEW))
    await stage.run()
    assert stage.way == ["classify", "agent", "guardrail", "act", "guardrail"]
    assert (stage.amounts, stage.asked and stage.asked.action) == ([], "pay")
    await stage.decide(DecisionKind.APPROVE)
    assert stage.amounts == [50]
    assert stage.asked
    assert stage.asked.action == "send_reply"
    state = await stage.decide(DecisionKind.APPROVE)
    assert state.outcome
    assert state.outcome.row.reply


async def test_a_reply_that_passed_is_asked_about_once_review_is_set() -> None:
    stage = Stage(says("Hello."))
    gated(stage, before_reply=once(stage.controls.put, Autonomy.REVIEW))
    await stage.run()
    assert stage.way == ["classify", "agent", "guardrail", "resolve", "guardrail"]
    assert stage.asked
    state = await stage.decide(DecisionKind.APPROVE)
    assert state.outcome
    (said,) = [one.text for one in state.outcome.messages if one.author is Author.ASSISTANT]
    assert said.endswith("Hello.")


@pytest.mark.parametrize(("level", "why"), [(Autonomy.OFF, "switched_off"), (Autonomy.DRAFT, "draft")])
async def test_what_passed_stays_in_and_goes_to_a_person(level: Autonomy, why: str) -> None:
    stage = Stage(says("Hello."))
    gated(stage, before_reply=once(stage.controls.put, level))
    state = await stage.run()
    assert (reason(state), stage.way[-2:]) == (why, ["resolve", "escalate"])
    assert state.outcome
    assert [one.author for one in state.outcome.messages] == [Author.SYSTEM]
    assert state.outcome.handoff
    assert state.outcome.handoff.suggested_reply == "Hello."


async def test_what_was_done_before_the_switch_stays_done_and_the_rest_does_not_happen() -> None:
    stage = Stage(calls(PAY, ("pay", {"amount": 60})))
    done: list[int] = []

    def second() -> None:
        done.append(1)
        if len(done) == 2:
            stage.controls.put(Autonomy.OFF)

    gated(stage, before_effect=second)
    state = await stage.run()
    assert (reason(state), stage.amounts) == ("switched_off", [50])
    assert [one.result for one in state.exchanges] == [{"done": True, "paid": 50}]
    assert [one.arguments["amount"] for one in state.proposals] == [60]


async def test_an_approved_effect_that_was_not_applied_yet_is_held() -> None:
    stage = Stage(calls(("pay", {"amount": 200})))
    gated(stage, before_effect=once(stage.controls.put, Autonomy.OFF))
    await stage.run()
    state = await stage.decide(DecisionKind.APPROVE)
    assert (reason(state), stage.amounts) == ("switched_off", [])
    assert state.outcome
    assert state.outcome.handoff
    assert any("NOT carried out" in line for line in state.outcome.handoff.tried)


async def test_a_tool_that_is_off_is_refused_or_goes_to_a_person() -> None:
    stage = Stage(calls(("balance", {})), calls(PAY))
    stage.controls.put(Autonomy.OFF, "tool:balance")
    stage.controls.put(Autonomy.OFF, "tool:pay")
    state = await stage.run()
    assert (reason(state), stage.bank.read_by, stage.amounts) == ("switched_off", [], [])
    told = stage.model.asked[1].exchanges[0].result["refused"]
    assert "tool:balance is at 'off'" in told


async def test_a_tool_under_review_needs_a_yes_for_every_use() -> None:
    stage = Stage(calls(("balance", {})), says("Hello."))
    stage.controls.put(Autonomy.REVIEW, "tool:balance")
    await stage.run()
    assert (stage.asked and stage.asked.action, stage.bank.read_by) == ("balance", [])
    state = await stage.decide(DecisionKind.APPROVE)
    assert (stage.bank.read_by, reason(state)) == (["C-1"], None)
    assert state.outcome


async def test_nothing_is_looked_up_beforehand_with_a_tool_that_is_not_free() -> None:
    stage = Stage(says("Hello."), topics=[topic(prefetch=[{"tool": "balance"}])])
    stage.controls.put(Autonomy.REVIEW, "tool:balance")
    await stage.run()
    assert stage.bank.read_by == []
    assert "tool:balance is at 'review'" in stage.model.asked[0].context["balance"]["refused"]


async def test_controls_that_cannot_be_read_stop_everything() -> None:
    class Unreadable(FakeControls):
        async def over(self, topic: str, customer_id: str) -> ControlsInForce:
            return ControlsInForce(unreadable="UndefinedTable")

    stage = Stage(says("Hello."))
    stage.dial._levers = (Unreadable(),)
    state = await stage.run()
    assert (reason(state), stage.model.asked) == ("switched_off", [])


def test_what_passes_which_level() -> None:
    controls = FakeControls()
    for level, proposed, approved in [("auto", True, True), ("review", False, True), ("draft", False, False)]:
        controls.controls.clear()
        controls.put(Autonomy(level))
        found = ControlsInForce(general=controls.controls).dialled()
        for by_person, passes in ((False, proposed), (True, approved)):
            if passes:
                admit(found, approved=by_person)
            else:
                with pytest.raises(SwitchedOff):
                    admit(found, approved=by_person)
