"""The customer is asked before an effect; nothing but a clear, later yes to exactly that lets it out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from graphs.case import build_case_graph
from graphs.nodes.approval import about
from graphs.ruling import ruling_pass
from graphs.state import CaseState
from graphs.turn import Learned
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.effects import TAKEN_BACK, Effect, EffectResult, EffectStatus
from handrail.domain.actions.proposals import Confirming, Proposal, RuleHit, Ruling, Verdict
from handrail.domain.case.cases import CaseRow, CaseStatus
from handrail.domain.case.classification import Classification
from handrail.domain.case.messages import Author, Message
from handrail.domain.llm.agent import ModelAnswer
from tests.support.fakes import NOON, Stage, calls, says, topic


class Asks:
    """Every payment needs the customer's yes; above 100 a person's approval, too, above 500 nothing helps."""

    def __init__(self, how: Confirming = Confirming.ALWAYS) -> None:
        self.how = how

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        amount = facts["amount"]
        ruling = Ruling.BLOCK if amount > 500 else Ruling.REQUIRE_APPROVAL if amount > 100 else Ruling.CONFIRM
        confirm = None if ruling is Ruling.BLOCK else self.how
        hit = RuleHit(policy="limits", rule="amount", ruling=ruling, message=f"{amount} is {ruling}", confirm=confirm)
        keys = proposal.model_dump(include={"proposal_id", "revision", "arguments_hash"})
        return Verdict(**keys, ruling=ruling, hits=[hit], policy_version="v1")

    def names_action(self, action: str) -> bool:
        return False

    def names(self) -> list[str]:
        return ["limits"]


class Chat:
    """A case over several turns, as its workflow keeps it: what a turn has learned begins the next."""

    def __init__(self, *answers: ModelAnswer, how: Confirming = Confirming.ALWAYS) -> None:
        self.stage = Stage(*answers)
        self.stage.policies = Asks(how)  # type: ignore[assignment]
        self.app = build_case_graph(self.stage.nodes()).compile()
        self.row = CaseRow(case_id="c-1", customer_id="C-1", opened_at=NOON, updated_at=NOON)
        self.learned: Learned | None = None
        self.turn = self.seen = 0

    @property
    def waiting(self) -> Confirmation | None:
        return self.learned.confirmation if self.learned else None

    @property
    def paid(self) -> list[float]:
        return self.stage.amounts

    @property
    def audited(self) -> list[str]:
        return [one.action for commit in self.stage.cases.commits for one in commit.audit if one.action.startswith("confirm:")]

    async def say(
        self,
        *texts: str,
        late: bool = False,
        behind: int = 0,
        author: Author = Author.CUSTOMER,
        buttons: Sequence[str | None] = (),
    ) -> CaseState:
        """The customer writes, or another `author`; `behind` of the messages came before the question had gone out.

        `buttons` are the questions under which the messages were pressed.
        """
        self.turn += 1
        after = self.waiting.after if self.waiting else 0
        messages = []
        for n, text in enumerate(texts):
            self.seen += 1
            place = after - 1 if n < behind else 2 * self.seen
            at = NOON + timedelta(days=2 if late else 0)
            answers = buttons[n] if n < len(buttons) else None
            messages.append(self.message(text, at, place).model_copy(update={"author": author, "pressed_under": answers}))
        before = self.learned
        state = CaseState(row=self.row, turn=self.turn, sequence=2 * self.seen + 1, incoming=messages)
        if before:
            kept = ("exchanges", "calls", "facts", "effects", "disclosed", "classification", "confirmation", "asked")
            state = state.model_copy(update={name: getattr(before, name) for name in kept if hasattr(before, name)})
        end = CaseState.model_validate(await self.app.ainvoke(state))
        if end.outcome:
            self.learned = Learned.of(end, end.outcome)
            self.row = self.learned.row.model_copy(update={"turn": self.turn + 1})
        return end

    def price(self, amount: float | None) -> None:
        """From now on the bank fixes what is paid, whatever was proposed; None takes that back."""
        check = type(self.stage.bank).check

        async def fixed(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Any:
            pinned = arguments if amount is None else {**arguments, "amount": amount}
            return await check(self.stage.bank, case_id, customer_id, tool, pinned)

        self.stage.bank.check = fixed  # type: ignore[method-assign]

    def message(self, text: str, at: Any, place: int) -> Message:
        name = f"m-{self.seen}"
        return Message(message_id=name, author=Author.CUSTOMER, text=text, at=at, turn=self.turn, sequence=place)


def pay(amount: float) -> ModelAnswer:
    return calls(("pay", {"amount": amount}))


async def test_asks_in_words_of_code_and_pays_after_a_clear_yes() -> None:
    chat = Chat(pay(50), says("I have paid it.", 0.9))
    asked = await chat.say("pay me")
    assert asked.outcome
    assert asked.outcome.status is CaseStatus.AWAITING_CUSTOMER
    assert "Pay 50" in asked.outcome.messages[0].text
    assert not chat.paid
    assert chat.waiting is not None
    await chat.say("Yes, please go ahead")
    assert chat.paid == [50]
    assert chat.waiting is None
    assert chat.audited == ["confirm:asked", "confirm:confirmed"]


@pytest.mark.parametrize(
    "said",
    [
        ["no"],
        ["yes, but only 20"],
        ["yes, 70"],
        ["> yes"],
        ['He told me to write "yes"'],
        ["Yes, my parcel has arrived"],
        ["yes", "no, wait"],
        ["maybe"],
        ["yes if it is quick"],
        ["Where is my money?"],
    ],
)
async def test_anything_else_pays_nothing(said: list[str]) -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    await chat.say(*said)
    assert chat.paid == []


async def test_a_yes_after_the_deadline_or_before_the_question_pays_nothing() -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    await chat.say("yes", late=True)
    assert chat.paid == []
    assert chat.audited[-1] == "confirm:expired"
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    await chat.say("yes", behind=1)
    assert chat.paid == []
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    await chat.say("hurry", "yes", behind=1)
    assert chat.paid == []


async def test_an_unclear_answer_is_asked_again_once_then_a_person_takes_over() -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    first = await chat.say("pay me")
    again = await chat.say("I think so")
    assert chat.waiting
    assert chat.waiting.times == 2
    assert again.outcome
    assert first.outcome
    assert again.outcome.messages[0].text != first.outcome.messages[0].text
    end = await chat.say("hmm")
    assert end.outcome
    assert end.outcome.row.reason == "customer_unsure"
    assert chat.paid == []
    assert chat.waiting is None


@pytest.mark.parametrize(("said", "paid"), [("Yes.", [50]), ("No.", [])])
async def test_a_button_under_the_question_counts_before_the_case_hears_that_it_is_out(said: str, paid: list[float]) -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    assert chat.waiting
    await chat.say(said, buttons=[chat.waiting.question_id], behind=1)
    assert chat.paid == paid
    assert chat.waiting is None
    assert chat.audited == ["confirm:asked", "confirm:confirmed" if paid else "confirm:refused"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_button_counts_for_no_words_from_before_the_question_and_not_after_its_deadline(late: bool) -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    assert chat.waiting
    await chat.say("hurry", "Yes.", buttons=[None, chat.waiting.question_id], behind=2, late=late)
    assert chat.paid == []
    assert chat.audited[1] == ("confirm:expired" if late else "confirm:unsure")


@pytest.mark.parametrize("behind", [0, 1])
@pytest.mark.parametrize(
    ("said", "buttons"),
    [(["Yes."], ["older"]), (["No."], ["older"]), (["Yes.", "yes"], ["older", None]), (["hurry", "Yes."], [None, "older"])],
)
async def test_the_button_of_another_question_is_no_answer_to_this_one(
    said: list[str], buttons: list[str | None], behind: int
) -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    first = chat.waiting
    await chat.say(*said, buttons=buttons, behind=behind)
    assert chat.paid == []
    if said == ["hurry", "Yes."]:  # words of their own stand beside it, and are read
        assert chat.waiting is None
        return
    assert chat.audited == ["confirm:asked", "confirm:unsure", "confirm:asked"]
    assert chat.waiting
    assert first
    assert (chat.waiting.about, chat.waiting.times) == (first.about, 2)
    await chat.say("Yes.", buttons=[chat.waiting.question_id])
    assert chat.paid == [50]


async def test_a_clear_yes_to_the_second_question_counts() -> None:
    chat = Chat(pay(50), says("Done.", 0.9))
    await chat.say("pay me")
    await chat.say("maybe")
    await chat.say("yes")
    assert chat.paid == [50]


async def test_several_effects_are_asked_line_by_line_and_one_yes_covers_what_was_listed() -> None:
    chat = Chat(calls(("pay", {"amount": 30}), ("pay", {"amount": 40})), says("Done.", 0.9))
    asked = await chat.say("pay me")
    assert asked.outcome
    assert "1. Pay 30\n2. Pay 40" in asked.outcome.messages[0].text
    await chat.say("yes")
    assert chat.paid == [30, 40]


async def test_yes_to_one_of_two_pays_neither() -> None:
    chat = Chat(calls(("pay", {"amount": 30}), ("pay", {"amount": 40})), says("Done.", 0.9))
    await chat.say("pay me")
    await chat.say("yes, 30")
    assert chat.paid == []


async def test_yes_but_makes_a_new_proposal_that_is_asked_anew() -> None:
    chat = Chat(pay(50), pay(20), says("Done.", 0.9))
    await chat.say("pay me")
    again = await chat.say("yes, but only 20")
    assert again.outcome
    assert "Pay 20" in again.outcome.messages[0].text
    assert chat.paid == []
    await chat.say("yes")
    assert chat.paid == [20]


async def test_the_customers_yes_is_not_a_persons() -> None:
    chat = Chat(pay(250), says("Done.", 0.9))
    await chat.say("pay me")
    assert chat.waiting is not None
    app_state = await chat.say("yes")
    assert chat.paid == []
    assert app_state.outcome is None
    assert [one.verdict.ruling for one in app_state.rulings] == [Ruling.REQUIRE_APPROVAL]


async def test_policies_of_now_rule_again_after_the_yes() -> None:
    chat = Chat(pay(50), says("Done.", 0.9))
    await chat.say("pay me")
    strict = type("Strict", (Asks,), {"rule": lambda self, p, f: Asks.rule(self, p, {"amount": 501})})()
    chat.stage.policies = strict
    chat.app = build_case_graph(chat.stage.nodes()).compile()
    end = await chat.say("yes")
    assert chat.paid == []
    assert end.outcome
    assert end.outcome.row.reason == "policy_block"


async def test_other_arguments_than_were_asked_about_are_asked_anew() -> None:
    chat = Chat(pay(50), says("Done.", 0.9))
    await chat.say("pay me")
    chat.price(60)
    again = await chat.say("yes")
    assert chat.paid == []
    assert again.outcome
    assert "Pay 60" in again.outcome.messages[0].text


async def test_a_tool_that_is_gone_meanwhile_pays_nothing() -> None:
    chat = Chat(pay(50), says("All right.", 0.9))
    await chat.say("pay me")
    chat.stage.topics.topics = [topic(tools=["balance"])]
    await chat.say("yes")
    assert chat.paid == []


async def test_the_agent_cannot_agree_for_the_customer() -> None:
    chat = Chat(pay(50), says("Yes, I confirm.", 0.9))
    await chat.say("pay me")
    await chat.say("The assistant says yes for me")
    assert chat.paid == []


async def test_a_topic_asks_before_every_effect() -> None:
    stage = Stage(pay(50), says("Done.", 0.9), topics=[topic(confirm="always")])
    end = await stage.run("pay me")
    assert stage.amounts == []
    assert end.confirmation is not None


@pytest.mark.parametrize("exactly", [True, False])
async def test_who_asks_exactly_counts_as_confirmed_where_every_rule_says_so(
    exactly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruling_pass, "asked_exactly", lambda *_: exactly)
    chat = Chat(pay(50), says("Done.", 0.9), how=Confirming.UNLESS_ASKED_EXACTLY)
    await chat.say("pay me 50 now")
    assert chat.paid == ([50] if exactly else [])
    always = Chat(pay(50), says("Done.", 0.9))
    await always.say("pay me 50 now")
    assert always.paid == []


def read(asked: Sequence[AskedEffect]) -> list[tuple[str, list[str]]]:
    return [(one.line, [answer.kind for answer in one.answers]) for one in asked]


async def test_what_was_asked_and_answered_is_known_of_each_effect_in_every_turn_and_to_who_decides() -> None:
    chat = Chat(calls(("pay", {"amount": 250}), ("pay", {"amount": 40})), says("Done.", 0.9))
    asked = await chat.say("pay me twice")
    assert read(asked.asked) == [("Pay 250", []), ("Pay 40", [])]
    await chat.say("hm, I am not sure")
    held = await chat.say("yes to both")
    assert held.outcome is None
    assert read(held.asked) == [
        ("Pay 250", ["unsure"]),
        ("Pay 40", ["unsure"]),
        ("Pay 250", ["confirmed"]),
        ("Pay 40", ["confirmed"]),
    ]
    (request,) = [one for one in held.rulings if one.verdict.ruling is Ruling.REQUIRE_APPROVAL]
    told = about(request, held.asked)
    assert read(told) == [("Pay 250", ["unsure"]), ("Pay 250", ["confirmed"])]
    assert [answer.words for one in told for answer in one.answers] == ["hm, I am not sure", "yes to both"]
    assert held.confirmed is not None
    assert Learned.of(held).confirmed == held.confirmed


async def test_an_effect_whose_yes_was_taken_back_in_the_ledger_is_for_a_person() -> None:
    chat = Chat(pay(50), says("I have paid it.", 0.9))
    await chat.say("pay me")

    async def refused(effect: Effect) -> EffectResult:
        keys = effect.model_dump(include={"effect_id", "action", "arguments"})
        words = "The customer took their yes back before this was done."
        return EffectResult(**keys, status=EffectStatus.REFUSED, code=TAKEN_BACK, message=words, applied_at=NOON)

    chat.stage.bank.apply = refused  # type: ignore[method-assign]
    end = await chat.say("yes")
    assert end.outcome is not None
    assert end.outcome.row.reason == "customer_unsure"
    assert end.outcome.handoff is not None
    assert read(end.outcome.handoff.asked) == [("Pay 50", ["confirmed"])]
    assert chat.paid == []


async def test_a_turn_that_is_run_again_after_the_yes_pays_once() -> None:
    """The worker was killed behind the effect, before anybody heard of the turn's end: the same state runs once more."""
    chat = Chat(pay(50), says("Done.", 0.9))
    await chat.say("pay me")
    learned, row, turn, seen = chat.learned, chat.row, chat.turn, chat.seen
    await chat.say("yes")
    chat.learned, chat.row, chat.turn, chat.seen = learned, row, turn, seen
    await chat.say("yes")
    assert chat.paid == [50]


async def test_a_wish_for_a_person_voids_the_question_whatever_stands_beside_it() -> None:
    chat = Chat(pay(50), says("Done.", 0.9))
    await chat.say("pay me")
    chat.stage.router.found = Classification(topic="payout", confidence=0.9, wants_person=True)
    end = await chat.say("yes")
    assert end.outcome is not None
    assert (end.outcome.row.reason, chat.paid, chat.waiting) == ("customer_asked", [], None)
    assert end.outcome.handoff is not None
    assert read(end.outcome.handoff.asked) == [("Pay 50", ["withdrawn"])]
    assert chat.audited == ["confirm:asked", "confirm:withdrawn"]


SAID: Sequence[str] = (
    "yes",
    "no",
    "yes please",
    "yes, but only 20",
    "maybe",
    "pay me",
    "> yes",
    "yes, 70",
    "Where is it?",
    "ok",
    "yes, but 50",
    'My husband says "yes"',
    "She says yes for me",
)


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_paid_without_a_clear_later_yes_to_exactly_that(seed: int) -> None:
    """Late, early, quoted, somebody else's, or to another sum than is paid by now: only the plain yes counts."""
    chance = random.Random(seed)
    answers = [chance.choice([pay(50), pay(30), pay(20), says("All right.", 0.9)]) for _ in range(12)]
    chat = Chat(*answers)
    for _ in range(5):
        waiting, paid = chat.waiting, len(chat.paid)
        texts = chance.choices(SAID, k=chance.choice([1, 1, 2]))
        late, behind, stranger = (chance.random() < share for share in (0.2, 0.2, 0.15))
        price = chance.choice([None, None, 60])
        chat.price(price)
        author = Author.PERSON if stranger else Author.CUSTOMER
        end = await chat.say(*texts, late=late, behind=int(behind), author=author)
        new = chat.paid[paid:]
        own = [text for text in texts if not text.startswith(">")]
        clear = bool(own) and all(text in ("yes", "yes please", "ok") for text in own)
        clear = clear and not (late or behind or stranger)
        expected = [one.proposal.arguments["amount"] for one in waiting.asked] if waiting and clear else []
        assert new == [one for one in expected if price in (None, one)], (texts, late, behind, stranger, price)
        if end.outcome is None or end.outcome.status is CaseStatus.WITH_HUMAN:
            return
