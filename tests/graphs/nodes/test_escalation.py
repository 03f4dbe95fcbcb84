"""Handing a case over: by what it is worth and when it is, with the honest time in the customer's language, told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from graphs.handover.stake import at_stake
from graphs.nodes.escalate import EscalateNode
from graphs.ruling.ruling_pass import REFUSED, plain
from graphs.views import EndView
from handrail.domain.actions.approvals import Decision, DecisionKind
from handrail.domain.actions.earlier import EarlierEffect, EarlierOutcome
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.case.cases import CaseRow, CaseStatus, RuledProposal
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.routes import NO_ANSWER
from handrail.domain.money import largest
from handrail.domain.team.hours import Span
from handrail.domain.team.staff import Window
from handrail.matrix.loader import FileMatrix
from handrail.people.loader import FilePeople
from handrail.people.staff import PeopleAtWork
from handrail.shop import business
from tests.support.fakes import FakeCases

SUNDAY = datetime(2026, 11, 22, 18, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass
class At:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Told:
    value: str = "regular"

    async def facts(self, customer_id: str) -> dict[str, Any]:
        return {"value": self.value}


class NoWindows:
    async def windows(self, within: Span) -> Sequence[Window]:
        return []


class House:
    """The shop's own matrix and people, at a time that a test sets."""

    def __init__(self, moment: datetime, value: str = "regular") -> None:
        self.clock, self.cases = At(moment), FakeCases()
        staff = PeopleAtWork(FilePeople(business.folder / "people.yaml"), NoWindows())
        self.node = EscalateNode(self.cases, FileMatrix(business.folder / "matrix.yaml"), staff, Told(value), self.clock)
        self.view = EndView(
            row=CaseRow(case_id="c-1", customer_id="C-1", language="de", topic="refund", opened_at=moment, updated_at=moment)
        )

    async def hand_over(self, reason: str, said: str | None = None, **changes: Any) -> str | None:
        """What the customer is told, None where nothing."""
        now = self.clock.now()
        heard = [Message(message_id="m", author=Author.CUSTOMER, text=said, at=now, turn=1)] if said else []
        why = Escalation(reason=reason, words="Why.")
        view = self.view.model_copy(update={"incoming": heard, "escalation": why, **changes})
        outcome = (await self.node.escalate(view))["outcome"]
        self.view = view.model_copy(update={"row": outcome.row, "handoff": outcome.handoff})
        return outcome.messages[0].text if outcome.messages else None


async def test_with_nobody_at_work_the_customer_learns_when_somebody_is() -> None:
    house = House(SUNDAY)
    told = await house.hand_over("model_unavailable", "Wo ist mein Paket?")
    assert told == (
        "Unser Assistent kann gerade nicht antworten. Ihre Nachricht ist gesichert, und ein Mensch antwortet bis Montag, "
        "23. November 2026, 12:00 (Berlin). Gerade arbeitet niemand, der das kann; wir beginnen wieder: Montag, 23. November "
        "2026, 08:00 (Berlin)."
    )
    row = house.view.row
    assert (row.status, row.priority, row.due_at) == (CaseStatus.WITH_HUMAN, 2, datetime(2026, 11, 23, 11, tzinfo=UTC))


async def test_with_somebody_at_work_the_time_is_today_s() -> None:
    house = House(MONDAY)
    told = await house.hand_over("customer_asked", "Bitte ein Mensch")
    assert told is not None
    assert "bis 12:00 (Berlin)" in told
    assert "niemand" not in told


async def test_amount_customer_and_hour_choose_the_row() -> None:
    rows = []
    for moment, value, said in [
        (MONDAY, "regular", "A person, please"),
        (MONDAY, "vip", "A person, please"),
        (SUNDAY, "regular", "A person, please"),
        (MONDAY, "vip", "A person, please: it is about 1.250,00 EUR"),
    ]:
        house = House(moment, value)
        await house.hand_over("customer_asked", said)
        assert house.view.handoff is not None
        rows.append(house.view.handoff.route.row)
        assert len(house.view.handoff.route.version) == 16
        assert house.view.handoff.versions.matrix == house.view.handoff.route.version
    assert rows == ["customer_asked", "a_valued_customer", "asked_after_hours", "a_large_amount"]


def approved_refund() -> dict[str, Any]:
    """What a turn knows of a refund of 20 that ann approved."""
    arguments = {"order_id": "O-1", "amount": 20}
    proposal = Proposal(proposal_id="e-1", kind=ProposalKind.EFFECT, action="refund", arguments=arguments, arguments_hash="h")
    verdict = Verdict(proposal_id="e-1", revision=1, arguments_hash="h", ruling=Ruling.REQUIRE_APPROVAL, title="Refund 20")
    at = {"decided_at": MONDAY}
    yes = Decision(approval_id="e-1", revision=1, decision=DecisionKind.APPROVE, arguments_hash="h", reviewer="ann", **at)
    return {"ruled": [RuledProposal(proposal=proposal, verdict=verdict)], "decisions": [yes]}


async def test_what_may_have_been_done_elsewhere_is_the_first_thing_to_look_at() -> None:
    house = House(MONDAY)
    arguments = {"order_id": "O-1", "amount": 20}
    begun = {"effect_id": "e-1", "action": "refund", "arguments": arguments, "at": MONDAY}
    house.cases.past = [EarlierEffect.model_validate({**begun, "outcome": EarlierOutcome.UNKNOWN})]
    known = approved_refund()
    await house.hand_over("customer_asked", "A person, please", **known)
    packet = house.view.handoff
    assert packet
    sent = "Sent, and nobody knows whether it was done: refund (order_id O-1, amount 20), 2026-11-23 09:00 UTC, ledger e-1"
    assert packet.next_step == f"{sent}. Look in the other system first; then tell the customer."
    assert sent in packet.tried
    assert not any("NOT carried out" in line for line in packet.tried), "a person would do it a second time"
    house.cases.past = []
    await house.hand_over("customer_asked", "A person, please", **known)
    assert house.view.handoff
    assert house.view.handoff.next_step.startswith("Refund 20: approved by ann, NOT carried out")


async def test_what_was_allowed_and_not_carried_out_is_said() -> None:
    house = House(MONDAY)
    about = {"effect_id": "e-1", "action": "refund", "arguments": {"order_id": "O-1", "amount": 20}, "at": MONDAY}
    past = [{**about, "outcome": EarlierOutcome.NOT_DONE, "allowed": allowed} for allowed in (True, False)]
    house.cases.past = [EarlierEffect.model_validate(one) for one in past]
    await house.hand_over("customer_asked", "A person, please")
    assert house.view.handoff
    left = "Allowed, and NOT carried out: refund (order_id O-1, amount 20), 2026-11-23 09:00 UTC, ledger e-1"
    assert [line for line in house.view.handoff.tried if "NOT" in line] == [left]


@pytest.mark.parametrize("outcome", [EarlierOutcome.APPLIED, EarlierOutcome.UNKNOWN, EarlierOutcome.REFUSED])
async def test_what_was_done_since_under_another_id_is_not_said_to_be_left(outcome: EarlierOutcome) -> None:
    """The packet before said so while it was true; whoever reads it still would do it a second time."""
    house = House(MONDAY)
    about = {"action": "refund", "arguments": {"order_id": "O-1", "amount": 20, "reason": "broken"}}
    left = {**about, "effect_id": "e-1", "at": MONDAY, "outcome": EarlierOutcome.NOT_DONE, "allowed": True}
    house.cases.past = [EarlierEffect.model_validate(left)]
    await house.hand_over("customer_asked", "A person, please")
    assert house.view.handoff
    assert sum("NOT carried out" in line for line in house.view.handoff.tried) == 1
    again = {"arguments": {"order_id": "o-1", "amount": "20.00", "reason": "it was broken"}, "at": MONDAY + timedelta(hours=1)}
    made = {**about, **again, "effect_id": "e-2", "outcome": outcome}
    house.cases.past = [EarlierEffect.model_validate(one) for one in (left, made)]
    await house.hand_over("customer_asked", "A person, please")
    assert house.view.handoff
    told = sum("NOT carried out" in line for line in house.view.handoff.tried)
    assert told == (outcome is EarlierOutcome.REFUSED)


def test_the_largest_amount_counts_wherever_it_stands() -> None:
    proposal = Proposal(
        proposal_id="p", kind=ProposalKind.EFFECT, action="refund", arguments={"amount": 80}, arguments_hash="h"
    )
    verdict = Verdict(
        proposal_id="p", revision=1, arguments_hash="h", ruling=Ruling.BLOCK, facts={"refund_amount_usd": 640.5, "days": 9000}
    )
    view = House(MONDAY).view
    assert at_stake(view) == []
    view = view.model_copy(update={"ruled": [RuledProposal(proposal=proposal, verdict=verdict)]})
    assert largest(at_stake(view), None) == Decimal("640.5")
    heard = Message(message_id="m", author=Author.CUSTOMER, text="I paid 700 USD on 2026-11-01", at=MONDAY, turn=1)
    assert largest(at_stake(view.model_copy(update={"incoming": [heard]})), None) == 700


def test_the_amount_of_a_refused_call_is_nobodys_amount() -> None:
    named = {"order_id": "O-1", "amount": 1_000_000}
    proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action="refund", arguments=named, arguments_hash="h")
    refused = plain(proposal, Ruling.BLOCK, REFUSED, "order_id: not an order number.")
    held = Proposal(proposal_id="q", kind=ProposalKind.EFFECT, action="refund", arguments={"amount": 80}, arguments_hash="h")
    blocked = plain(held, Ruling.BLOCK, "limits", "Too much.")
    view = House(MONDAY).view.model_copy(update={"ruled": [RuledProposal(proposal=proposal, verdict=refused)]})
    assert at_stake(view) == []
    view.ruled.append(RuledProposal(proposal=held, verdict=blocked))
    assert largest(at_stake(view), None) == 80


async def test_nobody_answers_and_it_goes_up_by_the_route_and_the_customer_is_told_why() -> None:
    house = House(MONDAY)
    await house.hand_over("customer_asked", "Bitte ein Mensch")
    queues, told = [house.view.row.queue], []
    for _ in range(2):
        assert house.view.row.due_at is not None
        house.clock.moment = house.view.row.due_at
        told.append(await house.hand_over(NO_ANSWER))
        queues.append(house.view.row.queue)
    assert queues == ["support", "specialists", "managers"]
    assert [int(house.view.row.tier), house.view.row.priority] == [2, 1]
    assert house.view.handoff is not None
    assert house.view.handoff.route.then == []
    assert all(words and "Das tut uns leid" in words for words in told)
    assert told[0] != told[1]


async def test_what_comes_back_goes_to_whoever_handed_it_back_and_the_customer_hears_nothing_twice() -> None:
    house = House(MONDAY)
    assert await house.hand_over("bounds", "Wo ist es?")
    promised = house.view.row.due_at
    house.clock.moment += timedelta(minutes=5)
    assert await house.hand_over("bounds", returned={"bounds": "ann"}) is None
    assert house.view.handoff is not None
    assert (house.view.row.assignee, house.view.row.queue) == ("ann", "support")
    assert house.view.handoff.escalation.words.startswith("It came back: ann had handed it to the agent")
    assert house.view.row.due_at == promised
    assert promised is not None
    house.clock.moment += timedelta(minutes=5)
    # New words from the customer are answered, whatever was said before; so is a promise that was not kept.
    assert await house.hand_over("bounds", "Und jetzt?", returned={"bounds": "ann"})
    house.clock.moment = promised + timedelta(hours=2)
    assert await house.hand_over("bounds", returned={"bounds": "ann"})


async def test_a_higher_risk_takes_it_from_whoever_had_it() -> None:
    house = House(MONDAY)
    await house.hand_over("bounds", "Wo ist es?")
    risky = house.view.row.model_copy(update={"risk": "high"})
    await house.hand_over("bounds", row=risky, returned={"bounds": "ann"})
    assert (house.view.row.queue, int(house.view.row.tier)) == ("specialists", 2)
