"""What the guardrail lets through, holds, sends back and gives to people."""

from __future__ import annotations

from typing import Any

import pytest

from graphs.state import CaseState
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.messages import Author
from handrail.domain.errors import SwitchedOff
from handrail.domain.llm.agent import Disposition, ModelAnswer, Usage
from tests.support.fakes import Stage, calls, says, topic


def reason(state: CaseState) -> str | None:
    assert state.outcome is not None, "the graph ended without an outcome"
    return state.outcome.row.reason


async def test_a_tool_of_another_topic_is_refused_and_the_agent_told() -> None:
    stage = Stage(calls(("delete_account", {})), says("Hello."))

    await stage.run()

    (exchange,) = stage.model.asked[1].exchanges
    assert (exchange.ok, exchange.result) == (False, {"refused": "delete_account is not a tool of the topic payout."})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"amount": "much"}, "amount: is no number. Send a number."), ({"amount": -1}, "Nothing negative is paid.")],
)
async def test_arguments_that_cannot_be_taken_are_refused(arguments: dict[str, Any], words: str) -> None:
    stage = Stage(calls(("pay", arguments)), says("Hello."))

    await stage.run()

    assert stage.model.asked[1].exchanges[0].result == {"refused": words}
    assert stage.amounts == []


async def test_a_foreign_account_is_refused_by_the_business() -> None:
    stage = Stage(calls(("balance", {"account": "foreign"})), says("Hello."))

    await stage.run()

    assert stage.model.asked[1].exchanges[0].result == {"refused": "There is no such account."}


async def test_the_same_call_is_taken_three_times_and_no_fourth_time() -> None:
    stage = Stage(calls(("balance", {})))

    state = await stage.run()

    assert (len(stage.bank.read_by), reason(state)) == (3, "bounds")


async def test_the_bound_on_repeated_calls_holds_over_the_whole_case() -> None:
    stage = Stage(calls(("balance", {})))
    first = await stage.run()

    again = Stage(calls(("balance", {})))
    state = await again.run(calls=first.calls, turn=2)

    assert (again.bank.read_by, reason(state)) == ([], "bounds")


async def test_other_arguments_are_another_call() -> None:
    wanted = [calls(("balance", {"account": name})) for name in "abcde"]
    stage = Stage(*wanted, says("Hello."))

    state = await stage.run()

    assert (len(stage.bank.read_by), reason(state)) == (5, None)


async def test_a_held_call_that_is_ruled_on_again_is_no_repetition() -> None:
    held = [("pay", {"amount": 180 + i}) for i in range(6)]
    stage = Stage(calls(*held), says("Hello."))

    await stage.run()
    for _ in held:
        state = await stage.decide(DecisionKind.APPROVE)

    assert (len(stage.amounts), reason(state)) == (6, None)


async def test_the_sixth_refused_call_gives_the_case_to_a_person() -> None:
    stage = Stage(*(calls((f"unknown_{number}", {})) for number in range(9)))

    state = await stage.run()

    assert (len(stage.model.asked), reason(state)) == (6, "guardrail")


async def test_steps_and_cost_are_bounded() -> None:
    many = Stage(*(calls(("balance", {"account": str(n)})) for n in range(9)), topics=[topic(bounds={"steps": 4})])
    dear = Stage(calls(("balance", {})), topics=[topic(bounds={"cost_usd": 0.02})])

    assert (reason(await many.run()), len(many.model.asked)) == ("bounds", 4)
    assert (reason(await dear.run()), len(dear.model.asked)) == ("bounds", 2)


async def test_the_bound_on_steps_counts_the_earlier_turns() -> None:
    stage = Stage(says("Hello."), topics=[topic(bounds={"steps": 4})])

    state = await stage.run(turn=3, usage=Usage(calls=4))

    assert (reason(state), stage.model.asked) == ("bounds", [])


async def test_an_answer_with_nothing_in_it_comes_to_an_end() -> None:
    stage = Stage(ModelAnswer(usage=Usage(calls=1)), topics=[topic(bounds={"steps": 5})])

    assert reason(await stage.run()) == "bounds"


async def test_a_reply_that_is_not_sure_goes_to_a_person_with_the_draft() -> None:
    stage = Stage(says("Perhaps so.", confidence=0.4))

    state = await stage.run()

    assert reason(state) == "low_confidence"
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert state.outcome.handoff.suggested_reply == "Perhaps so."


async def test_a_reply_that_names_a_rule_of_the_house_is_sent_back() -> None:
    stage = Stage(says("The rule amount-limit forbids it."), says("That is not possible."))

    state = await stage.run()

    assert "amount-limit" in stage.model.asked[1].feedback[0]
    assert state.row.reply == "An assistant is answering.\n\nThat is not possible."


async def test_under_review_every_reply_waits_and_may_be_edited() -> None:
    stage = Stage(says("All is wel."), topics=[topic(autonomy="review")])

    await stage.run()
    assert stage.asked is not None
    assert (stage.asked.action, stage.asked.shown) == ("send_reply", {"reply": "All is wel."})
    state = await stage.decide(DecisionKind.EDIT, text="All is well.")

    assert state.row.reply == "An assistant is answering.\n\nAll is well."
    assert state.row.status is CaseStatus.RESOLVED


async def test_under_review_a_rejected_reply_gives_the_case_to_a_person() -> None:
    stage = Stage(says("All is well."), topics=[topic(autonomy="review")])

    await stage.run()
    state = await stage.decide(DecisionKind.REJECT)

    assert (reason(state), state.row.status) == ("approval_rejected", CaseStatus.WITH_HUMAN)


async def test_under_review_even_a_small_effect_waits() -> None:
    stage = Stage(calls(("pay", {"amount": 1})), says("We paid 1."), topics=[topic(autonomy="review")])

    await stage.run()
    assert stage.asked is not None
    assert stage.asked.reasons == ["The topic payout runs at autonomy 'review'."]
    await stage.decide(DecisionKind.APPROVE)

    assert stage.amounts == [1]


@pytest.mark.parametrize("answer", [says("All is well."), calls(("pay", {"amount": 1}))])
async def test_a_draft_is_for_a_person(answer: ModelAnswer) -> None:
    stage = Stage(answer, topics=[topic(autonomy="draft")])

    state = await stage.run()

    assert (reason(state), stage.amounts, stage.asked) == ("draft", [], None)


async def test_a_topic_that_is_switched_off_meanwhile_stops_what_is_held() -> None:
    stage = Stage(calls(("pay", {"amount": 180})))

    await stage.run()
    stage.topics.topics = [topic(autonomy="off")]
    state = await stage.decide(DecisionKind.APPROVE)

    assert (reason(state), stage.amounts) == ("autonomy_off", [])


async def test_a_topic_that_is_gone_meanwhile_gives_the_case_to_a_person() -> None:
    stage = Stage(calls(("pay", {"amount": 180})))

    await stage.run()
    stage.topics.topics = []
    state = await stage.decide(DecisionKind.APPROVE)

    assert (reason(state), stage.amounts) == ("out_of_scope", [])


async def test_a_yes_to_other_arguments_lifts_nothing() -> None:
    stage = Stage(calls(("pay", {"amount": 180})))
    await stage.run()
    assert stage.asked is not None
    first = stage.asked.arguments_hash

    # The business normalises differently now: what was approved is no longer what would be done.
    look = stage.bank.check

    async def pinned(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Any:
        return await look(case_id, customer_id, tool, {**arguments, "balance_before": 99})

    stage.bank.check = pinned  # type: ignore[method-assign]
    await stage.decide(DecisionKind.APPROVE)

    assert stage.amounts == []
    assert stage.asked is not None, "the person is asked again about what would be done now"
    assert stage.asked.arguments_hash != first


async def test_a_question_that_is_asked_again_can_be_approved_again() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), says("We paid 180."))
    await stage.run()
    look, pin = stage.bank.check, 1

    async def pinned(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Any:
        return await look(case_id, customer_id, tool, {**arguments, "pin": pin})

    stage.bank.check = pinned  # type: ignore[method-assign]
    await stage.decide(DecisionKind.APPROVE)
    state = await stage.decide(DecisionKind.APPROVE)

    (effect,) = stage.bank.paid.values()
    assert (effect.arguments, reason(state)) == ({"amount": 180, "pin": 1}, None)


async def test_verdicts_on_effects_and_replies_are_recorded_before_anything_happens() -> None:
    stage = Stage(calls(("balance", {}), ("pay", {"amount": 80})), says("We paid 80."))

    await stage.run()

    recorded = [(one.proposal.kind, one.verdict.ruling) for commit in stage.cases.commits for one in commit.rulings]
    assert recorded == [(ProposalKind.EFFECT, Ruling.ALLOW), (ProposalKind.REPLY, Ruling.ALLOW)]
    assert [entry.action for entry in stage.cases.commits[0].audit] == ["ruled:allow"]


async def test_an_agent_that_wants_a_person_gets_one_whatever_else_it_wants() -> None:
    stage = Stage(calls(("pay", {"amount": 1}), disposition=Disposition.ESCALATE))

    state = await stage.run()

    assert (reason(state), stage.amounts) == ("agent_asked", [])


async def test_the_ruling_on_an_allowed_reply_is_recorded_in_the_commit_that_sends_it() -> None:
    stage = Stage(says("Your balance is fine."))

    await stage.run()

    (sent,) = stage.cases.commits
    assert [one.author for one in sent.messages] == [Author.ASSISTANT]
    assert [(one.proposal.kind, one.verdict.ruling) for one in sent.rulings] == [(ProposalKind.REPLY, Ruling.ALLOW)]
    assert [entry.action for entry in sent.audit] == ["ruled:allow", "turn:Resolved"]


@pytest.mark.parametrize("autonomy", [Autonomy.OFF, Autonomy.REVIEW])
async def test_the_ruling_on_a_reply_that_a_switch_keeps_in_is_recorded_all_the_same(
    autonomy: Autonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(says("Your balance is fine."))
    commit, refused = stage.cases.commit, list[Commit]()

    async def switched(wanted: Commit) -> None:
        if not refused and any(one.author is Author.ASSISTANT for one in wanted.messages):
            refused.append(wanted)
            raise SwitchedOff(autonomy, "Somebody stopped it.")
        await commit(wanted)

    monkeypatch.setattr(stage.cases, "commit", switched)
    await stage.run()

    (kept_in,) = refused
    allowed = next(entry for entry in kept_in.audit if entry.action == "ruled:allow")
    recorded = [entry for one in stage.cases.commits for entry in one.audit if entry.action == "ruled:allow"]
    assert allowed in recorded
    assert recorded.count(allowed) == 1
