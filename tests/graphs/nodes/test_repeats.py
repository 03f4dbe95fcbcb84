"""What a case did before: its model is told, what nobody asked for again is not done again, and a person reads it first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphs.case import build_case_graph
from graphs.nodes.approval import AGAIN
from graphs.nodes.confirm import ConfirmNode
from graphs.ruling.repeats import Repetition
from graphs.state import CaseState, HandBackNote
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.earlier import ALREADY_DONE, REPEATED, EarlierEffect, EarlierOutcome
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.messages import Author, Message
from handrail.domain.llm.agent import Exchange, ToolCall
from handrail.domain.text.packs import packs
from tests.graphs.nodes.test_confirm import Chat
from tests.support.fakes import NOON, Noon, Stage, calls, heard, says

BACK = HandBackNote(name="bea", note="Please go on.")
BEFORE, AFTER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)


def past(amount: float = 20, outcome: EarlierOutcome = EarlierOutcome.APPLIED, account: str = "A-101") -> EarlierEffect:
    """What an earlier turn paid."""
    arguments = {"account": account, "amount": amount, "note": "the customer's words"}
    about: dict[str, Any] = {"arguments": arguments, "result": {"paid": amount}, "settled": outcome is EarlierOutcome.APPLIED}
    return EarlierEffect(effect_id="e-0", action="pay", outcome=outcome, at=NOON, **about)


def pay(amount: float, account: str = "A-101") -> tuple[str, dict[str, Any]]:
    return "pay", {"account": account, "amount": amount, "note": "now in other words"}


def words(text: str, author: Author = Author.CUSTOMER, sequence: int = 1, **more: Any) -> Message:
    return heard(text).model_copy(update={"author": author, "sequence": sequence, "message_id": f"m-{sequence}", **more})


def back(*answers: Any, earlier: EarlierEffect | None = None, said: list[Message] | None = None) -> Stage:
    """A case that did something in its first turn."""
    stage = Stage(*answers)
    stage.cases.past = [earlier or past()]
    stage.cases.said = said or [words("pay me", at=BEFORE)]
    return stage


async def handed_back(stage: Stage, **more: Any) -> CaseState:
    """The turn that a person's hand-back begins: the customer has not written."""
    known = [known_as(one) for one in stage.cases.past if one.settled]
    return await stage.run(turn=2, person=BACK, row={"topic": "payout"}, incoming=[], effects=known, **more)


def known_as(one: EarlierEffect) -> EffectResult:
    """The effect as the case remembers it."""
    keys = one.model_dump(include={"effect_id", "action", "arguments", "result"})
    return EffectResult(**keys, status=EffectStatus(one.outcome), applied_at=one.at)


def told(stage: Stage) -> list[tuple[Any, ...]]:
    return [(one.tool, one.arguments, one.outcome, one.customer_wrote_since) for one in stage.model.asked[0].earlier]


async def test_the_model_is_told_what_earlier_turns_did_without_anybodys_words() -> None:
    stage = back(says("We paid 20."))
    await handed_back(stage)
    assert told(stage) == [("pay", {"account": "A-101", "amount": 20}, EarlierOutcome.APPLIED, False)]


async def test_a_first_turn_has_nothing_before_it() -> None:
    stage = back(says("Hello."))
    await stage.run()
    assert told(stage) == []


async def test_what_this_turn_does_stands_in_its_exchanges_alone() -> None:
    call = ToolCall(call_id="call-1", tool="pay", arguments=past().arguments)
    stage = back(says("We paid 20."))
    await handed_back(stage, exchanges=[Exchange(call=call, result={"done": True})])
    assert told(stage) == []


async def test_what_nobody_asked_for_again_is_answered_and_not_done() -> None:
    stage = back(calls(pay(20)), says("We paid 20."))
    await handed_back(stage)

    assert (stage.amounts, stage.asked) == ([], None)
    (answer,) = [one.result for one in stage.model.asked[-1].exchanges]
    assert answer[ALREADY_DONE] == {"done": True, "at": NOON.isoformat(), "paid": 20}
    assert answer["refused"].startswith(
        "This was done in this case already: pay (account A-101, amount 20), 2026-05-04 12:00 UTC, ledger e-0."
    )
    assert "customer's words" not in str(answer)


@pytest.mark.parametrize("decision", [DecisionKind.REJECT, DecisionKind.APPROVE])
async def test_another_sum_that_nobody_asked_for_is_a_persons_and_says_first_what_was_done(decision: DecisionKind) -> None:
    stage = back(calls(pay(30)), says("It is seen to."))
    await handed_back(stage)

    assert stage.asked is not None
    assert stage.asked.rules[0] == REPEATED
    assert stage.asked.repeats == [
        "Already done in this case: pay (account A-101, amount 20), 2026-05-04 12:00 UTC, ledger e-0. "
        "The customer has not asked again since."
    ]
    assert stage.asked.headline == f"{AGAIN}pay 30"
    await stage.decide(decision)
    assert stage.amounts == ([30] if decision is DecisionKind.APPROVE else [])


@pytest.mark.parametrize(
    ("said", "anew"),
    [
        ([words("pay me 20 once more, please", at=AFTER)], True),
        ([words("We paid 20.", Author.ASSISTANT, 1), words("pay me 20 once more, please", sequence=2, at=AFTER)], True),
        ([words("pay me 20 once more, please", at=AFTER), words("I see to it.", Author.PERSON, 2)], True),
        ([words("pay me", at=BEFORE), words("I see to it.", Author.PERSON, 2, at=AFTER)], False),
        ([words("any news?", at=AFTER), words("We paid 20.", Author.ASSISTANT, 2, at=AFTER)], False),
    ],
)
async def test_who_asks_anew_is_served_by_the_policies(said: list[Message], anew: bool) -> None:
    stage = back(calls(pay(20)), says("We paid 20."), said=said)
    await handed_back(stage)
    assert stage.amounts == ([20] if anew else [])


async def test_who_only_writes_again_is_asked_before_exactly_the_same_is_done_once_more() -> None:
    stage = back(calls(pay(20)), says("We paid 20."), said=[words("thanks, any news?", at=AFTER)])
    waiting = await handed_back(stage)
    assert (stage.amounts, stage.asked) == ([], None)
    assert waiting.confirmation is not None
    hit = next(hit for hit in waiting.ruled[-1].verdict.hits if f"{hit.policy}/{hit.rule}" == REPEATED)
    assert hit.message.endswith("ledger e-0. The customer has written since.")
    assert waiting.confirmation.words.endswith(
        "Pay 20 (once more; it was done already: 2026-05-04 12:00 UTC)\n\n"
        "Nothing has been done yet. Please answer yes or no by 2026-05-05 12:00 UTC. Without a clear yes it is not done."
    ), waiting.confirmation.words
    assert waiting.confirmation.lines == ["Pay 20"], "a yes is read by what is asked, and by no figure of that time"
    assert [one.line for one in waiting.asked] == ["Pay 20 (once more; it was done already: 2026-05-04 12:00 UTC)"]
    assert "once more" in waiting.confirmation.unanswered


async def test_who_is_asked_for_the_first_time_reads_of_no_other() -> None:
    chat = Chat(calls(pay(20)))
    await chat.say("pay me 20")
    assert chat.waiting is not None
    assert "once more" not in chat.waiting.words


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"])
def test_who_is_asked_by_a_policy_reads_in_their_language_that_the_same_was_done(language: str) -> None:
    """They name it again, so no rule of ours asks; a policy asks whoever wants it."""
    arguments = past().arguments
    wanted = Proposal(
        proposal_id="e-1", kind=ProposalKind.EFFECT, action="pay", arguments=arguments, arguments_hash=digest(arguments)
    )
    verdict = Verdict(
        proposal_id="e-1", revision=1, arguments_hash=wanted.arguments_hash, ruling=Ruling.CONFIRM, title="Pay 20"
    )
    over = Repetition([past()], anew=True, named=True).over(wanted, verdict)
    assert over == verdict.model_copy(update={"done_at": NOON})
    node = ConfirmNode(Stage().cases, Noon(), {})
    told = packs().by_code[language].told["once_more"].replace("{{done_at}}", "2026-05-04 12:00 UTC")
    asked = node._asking(RuledProposal(proposal=wanted, verdict=over), language)
    assert (asked.line, asked.words) == ("Pay 20", f"Pay 20 {told}")
    assert node._asking(RuledProposal(proposal=wanted, verdict=verdict), language).words == "Pay 20"
    assert node._asking(RuledProposal(proposal=wanted, verdict=over), "fi").words == "Pay 20", "its pack does without"


async def test_another_sum_is_another_request_of_who_writes_again() -> None:
    stage = back(calls(pay(30)), says("We paid 30."), said=[words("thanks, and the rest?", at=AFTER)])
    await handed_back(stage)
    assert stage.amounts == [30]


async def test_who_asks_anew_for_what_a_policy_holds_is_decided_on_with_what_was_done_first() -> None:
    stage = back(calls(pay(180)), earlier=past(180), said=[words("thanks, any news?", at=AFTER)])
    await handed_back(stage)
    assert stage.asked is not None
    assert stage.asked.repeats[0].endswith("The customer has written since.")
    assert len(stage.asked.reasons) == 2


async def test_nobody_knows_whether_it_was_done_so_a_person_decides_whoever_asked() -> None:
    stage = back(calls(pay(20)), earlier=past(outcome=EarlierOutcome.UNKNOWN), said=[words("pay me!", at=AFTER)])
    await handed_back(stage)
    assert stage.asked is not None
    assert stage.asked.repeats[0].startswith("Begun in this case, and nobody knows whether it was done: pay (")


@pytest.mark.parametrize("outcome", [EarlierOutcome.REFUSED, EarlierOutcome.REJECTED, EarlierOutcome.NOT_DONE])
async def test_what_was_not_done_holds_nothing(outcome: EarlierOutcome) -> None:
    stage = back(calls(pay(20)), says("We paid 20."), earlier=past(outcome=outcome))
    await handed_back(stage)
    assert (stage.asked, stage.amounts) == (None, [20])


async def test_another_object_is_another_effect() -> None:
    stage = back(calls(pay(20, "A-102")), says("We paid 20."))
    await handed_back(stage)
    assert (stage.asked, stage.amounts) == (None, [20])


async def test_a_yes_to_exactly_the_same_lets_it_out_once_more_and_a_no_does_not() -> None:
    for answer, paid in (("Yes, please go ahead", [20, 20]), ("no", [20])):
        chat = Chat(calls(pay(20)), says("I paid 20.", 0.9), calls(pay(20)), *[says("I have seen to it.", 0.9)] * 2)
        chat.stage.policies = Stage().policies
        chat.app = build_case_graph(chat.stage.nodes()).compile()
        await chat.say("pay me 20")
        assert chat.learned is not None
        (done,) = chat.learned.effects
        about: dict[str, Any] = {"arguments": done.arguments, "outcome": EarlierOutcome.APPLIED, "at": BEFORE, "settled": True}
        chat.stage.cases.past = [EarlierEffect(effect_id=done.effect_id, action="pay", **about)]
        await chat.say("thanks, any news?")
        assert (chat.paid, chat.waiting is not None) == ([20], True)
        await chat.say(answer)
        assert chat.paid == paid
