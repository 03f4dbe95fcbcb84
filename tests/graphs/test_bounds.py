"""What a turn may hold, and what a turn that is run again may do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from graphs.bounds import ANSWER_BYTES, CALLS_AT_ONCE, LEFT_OUT, RESULT_BYTES, TURN_BYTES, fitted
from graphs.ruling.replays import alike, same_call
from graphs.state import FACTS_BYTES, CaseState, merge_facts
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.earlier import EarlierEffect, EarlierOutcome
from handrail.domain.actions.effects import Effect
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.base import json_bytes
from handrail.domain.case.handoffs import Fact
from handrail.domain.llm.agent import ToolSpec, Usage
from tests.support.fakes import NOON, Stage, calls, says, topic


def reason(state: CaseState) -> str | None:
    assert state.outcome is not None, "the graph ended without an outcome"
    return state.outcome.row.reason


def answering(stage: Stage, value: dict[str, Any]) -> None:
    """The bank's reads give `value` from now on."""

    async def read(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return value

    stage.bank.read = read  # type: ignore[method-assign]


ORDERS = {"orders": [{"order_id": f"O-{n}", "lines": [{"product": f"P-{line}"} for line in range(120)]} for n in range(50)]}


async def test_a_large_result_is_cut_and_says_so() -> None:
    stage = Stage(calls(("balance", {})), says("Hello."))
    answering(stage, ORDERS)

    state = await stage.run()

    (told,) = stage.model.asked[1].exchanges
    assert json_bytes(told.result) <= RESULT_BYTES
    assert told.result["orders"][0]["lines"][0] == {"product": "P-0"}
    assert f"{json_bytes(ORDERS):,} bytes" in told.result[LEFT_OUT]
    assert all(json_bytes(fact.value) <= RESULT_BYTES for fact in state.facts)


@pytest.mark.parametrize("value", [{"text": "x" * 50_000}, {f"key-{n}": n for n in range(9_000)}, {"rows": ["x" * 50_000]}])
def test_what_has_no_list_to_shorten_is_cut_too(value: dict[str, Any]) -> None:
    cut = fitted(value)
    assert json_bytes(cut) <= RESULT_BYTES
    assert LEFT_OUT in cut


def test_a_small_result_is_left_as_it_is() -> None:
    value = {"orders": [1, 2, 3]}
    assert fitted(value) is value


async def test_a_turn_whose_results_grow_goes_to_a_person() -> None:
    stage = Stage(*(calls(("balance", {"account": str(n)})) for n in range(99)), topics=[topic(bounds={"steps": 99})])
    answering(stage, ORDERS)

    state = await stage.run()

    assert reason(state) == "bounds"
    assert len(stage.model.asked) <= TURN_BYTES // RESULT_BYTES * 2
    assert json_bytes([one.model_dump(mode="json") for one in state.exchanges]) < TURN_BYTES + RESULT_BYTES * 2


@pytest.mark.parametrize(
    "answer",
    [
        calls(*(("balance", {"account": str(n)}) for n in range(CALLS_AT_ONCE + 1))),
        calls(*(("pay", {"amount": 1 + n}) for n in range(6_000))),
        calls(("pay", {"amount": 1, "note": "x" * ANSWER_BYTES})),
        says("x" * ANSWER_BYTES),
    ],
)
async def test_an_answer_with_too_much_in_it_goes_to_a_person(answer: Any) -> None:
    stage = Stage(answer)

    state = await stage.run()

    assert (reason(state), stage.amounts, stage.bank.read_by) == ("bounds", [], [])
    assert state.proposals == []


async def test_as_many_calls_as_are_allowed_are_made() -> None:
    stage = Stage(calls(*(("balance", {"account": str(n)}) for n in range(CALLS_AT_ONCE))), says("Hello."))

    assert (reason(await stage.run()), len(stage.bank.read_by)) == (None, CALLS_AT_ONCE)


def test_the_newest_facts_are_kept_within_their_bytes() -> None:
    facts = [Fact(name=str(n), value={"text": "x" * 15_000}, source="balance", at=NOON) for n in range(30)]

    kept = merge_facts(facts[:20], facts[20:])

    assert [one.name for one in kept] == [one.name for one in facts[-len(kept) :]]
    assert FACTS_BYTES - 16_000 < sum(len(one.model_dump_json()) for one in kept) <= FACTS_BYTES


class Ledger:
    """What the bank paid a minute ago, as the cases' port tells it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def __call__(self, case_id: str) -> list[EarlierEffect]:
        return [earlier(effect) for effect in self._stage.bank.paid.values()]


def earlier(effect: Effect) -> EarlierEffect:
    keys = effect.model_dump(include={"effect_id", "action", "arguments"})
    return EarlierEffect(**keys, outcome=EarlierOutcome.APPLIED, at=NOON - timedelta(minutes=1), settled=True)


async def run_again(first: Stage, *answers: Any) -> tuple[Stage, CaseState]:
    """The turn from its start over the same bank, with another model."""
    again = Stage(*answers)
    again.bank.paid = first.bank.paid
    again.cases.earlier = Ledger(again)  # type: ignore[method-assign]
    return again, await again.run()


async def test_a_turn_that_is_run_again_and_says_the_same_meets_its_effect() -> None:
    first = Stage(calls(("pay", {"amount": 20})), says("We paid 20."))
    await first.run()

    again, state = await run_again(first, calls(("pay", {"amount": "20.00"})), says("We paid 20."))

    assert (again.amounts, reason(state)) == ([20], None)
    assert [one.result for one in again.model.asked[1].exchanges] == [{"done": True, "paid": 20}]


@pytest.mark.parametrize(
    "answers",
    [
        [calls(("pay", {"amount": 20, "account": "B"}))],
        [calls(("pay", {"amount": 30, "account": "A"}))],
        [calls(("balance", {})), calls(("pay", {"amount": 20, "account": "B"}))],
        [calls(("balance", {}), ("pay", {"amount": 20, "account": "B"}))],
    ],
)
async def test_a_turn_that_is_run_again_and_wants_another_effect_makes_none(answers: list[Any]) -> None:
    first = Stage(calls(("pay", {"amount": 20, "account": "A"})), says("We paid 20."))
    await first.run()

    again, state = await run_again(first, *answers, says("We paid."))

    assert (again.amounts, reason(state)) == ([20], "action_failed")


async def test_a_later_turn_may_do_more() -> None:
    first = Stage(calls(("pay", {"amount": 20})), says("We paid 20."))
    before = await first.run()

    again = Stage(calls(("pay", {"amount": 30})), says("We paid 30."))
    again.bank.paid = first.bank.paid
    again.cases.earlier = Ledger(again)  # type: ignore[method-assign]
    state = await again.run(turn=2, effects=before.effects)

    assert (again.amounts, reason(state)) == ([20, 30], None)


def test_the_same_call_is_known_through_what_the_tool_made_of_it() -> None:
    spec = ToolSpec(
        name="pay",
        description="",
        effect=True,
        parameters={"properties": {"to": {}, "amount": {}, "reason": {"default": ""}, "country": {"default": None}}},
    )
    stands = EarlierEffect(
        effect_id="e-1",
        action="pay",
        arguments={"to": "O-1", "amount": "20.00", "reason": "", "country": None, "paid_before": 7.0},
        outcome=EarlierOutcome.APPLIED,
        at=NOON,
    )

    def same(**arguments: Any) -> bool:
        kind = ProposalKind.EFFECT
        return same_call(
            Proposal(proposal_id="e-1", kind=kind, action="pay", arguments=arguments, arguments_hash=""), stands, [spec]
        )

    assert same(to=" o-1", amount=20)
    assert same(to="O-1", amount="20.0", reason="", country=None, paid_before=7)
    assert not same(to="O-2", amount=20)
    assert not same(to="O-1", amount=20.01)
    assert not same(to="O-1", amount=20, reason="late")
    assert not same(to="O-1")
    assert not same(to="O-1", amount=20, surplus=1)


def test_flags_are_no_numbers() -> None:
    assert not alike("True", 1)
    assert not alike(False, "0")
    assert alike(json.loads("20.0"), "20")


async def test_every_ruling_on_a_revision_has_its_own_audit_entry() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), says("We paid 180."))
    await stage.run()
    look = stage.bank.check

    async def pinned(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Any:
        return await look(case_id, customer_id, tool, {**arguments, "pin": 1})

    stage.bank.check = pinned  # type: ignore[method-assign]
    await stage.decide(DecisionKind.APPROVE)

    held = [entry for commit in stage.cases.commits for entry in commit.audit if entry.action == "ruled:require_approval"]
    assert len({entry.entry_id for entry in held}) == len(held) == 2


SPENT = Usage(calls=20, cost_usd=4.0, seconds=500)


@pytest.mark.parametrize(
    ("bounds", "state", "words"),
    [
        ({"steps": 20}, {"usage": SPENT}, "20 model calls in this case; the bound is 20"),
        ({"turn_steps": 3}, {}, "3 steps in this turn; the bound is 3"),
        ({"cost_usd": 4}, {"usage": SPENT}, "4.00 USD for the model in this case; the bound is 4.00"),
        ({"turn_cost_usd": 0.02}, {"usage": SPENT, "spent": SPENT}, "0.02 USD for the model in this turn"),
        ({"seconds": 400}, {"usage": SPENT}, "500 seconds of the model's time in this case; the bound is 400"),
        ({"turn_seconds": 60}, {"row": {"updated_at": NOON - timedelta(seconds=61)}}, "61 seconds in this turn"),
    ],
)
async def test_each_bound_of_the_turn_and_of_the_case_gives_it_to_a_person(
    bounds: dict[str, Any], state: dict[str, Any], words: str
) -> None:
    stage = Stage(*(calls(("balance", {"account": str(n)})) for n in range(99)), topics=[topic(bounds=bounds)])

    ended = await stage.run(**state)

    assert ended.escalation is not None
    assert (ended.escalation.reason, reason(ended)) == ("bounds", "bounds")
    assert words in ended.escalation.words
    assert len(stage.model.asked) <= 3


async def test_what_earlier_turns_used_does_not_count_for_this_one() -> None:
    stage = Stage(calls(("balance", {})), says("Hello."), topics=[topic(bounds={"turn_cost_usd": 3, "turn_steps": 5})])

    assert reason(await stage.run(usage=SPENT, spent=SPENT)) is None
