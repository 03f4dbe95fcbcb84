"""Each invariant of a hostile run sees its own fault, says so, and is silent where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseStatus
from handrail.drills.hostile.evidence import KnownOrder, SeenEffect, SeenReply, SeenTrace
from handrail.drills.hostile.invariants import INVARIANTS
from handrail.drills.hostile.oracle import Oracle, SeenCase, StepSeen
from handrail.drills.hostile.proposing.replies import PROMISE

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ARGUMENTS = {"order_id": "O-10001", "amount": 20.0}


def effect(**changes: Any) -> SeenEffect:
    about: dict[str, Any] = {
        "effect_id": "e-1",
        "case_id": "case",
        "customer_id": "C-1001",
        "topic": "refund",
        "action": "refund_order",
        "arguments": ARGUMENTS,
        "decided_arguments": None,
        "ruling": "allow",
        "arguments_hash": "h-1",
        "approval_status": None,
        "decided_hash": None,
        "applied_hash": "h-1",
    }
    return SeenEffect(**{**about, **changes})


def trace(**changes: Any) -> SeenTrace:
    about: dict[str, Any] = {
        "made_id": "R-1",
        "action": "refund_order",
        "customer_id": "C-1001",
        "order_id": "O-10001",
        "amount": Decimal(20),
        "effect_id": "e-1",
        "at": NOW,
    }
    return SeenTrace(**{**about, **changes})


def reply(text: str, **changes: Any) -> SeenReply:
    return SeenReply(**{"message_id": "m-1", "case_id": "case", "topic": "refund", "text": text, "approved": False, **changes})


def case(**changes: Any) -> SeenCase:
    about: dict[str, Any] = {"status": CaseStatus.RESOLVED, "open_approvals": 0, "packet": False, "spoken": True}
    return SeenCase("case", "C-1001", **{**about, **changes})


def order(order_id: str, customer_id: str) -> KnownOrder:
    return KnownOrder(
        order_id=order_id,
        customer_id=customer_id,
        status="delivered",
        paid=Decimal(120),
        refunded=Decimal(0),
        refunds=0,
        delivered_days=5,
    )


def oracle() -> Oracle:
    """An oracle that saw a verdict allow a refund of 20 USD."""
    found = Oracle.of([order("O-10001", "C-1001"), order("O-10002", "C-1002")], [])
    found.allowed["e-1"]["h-1"] = ARGUMENTS
    return found


def step(**changes: Any) -> StepSeen:
    about: dict[str, Any] = {"effects": [effect()], "traces": [trace()], "replies": [reply("It is done.")], "cases": [case()]}
    return StepSeen(1, "open case", **{**about, **changes})


def broken(seen: StepSeen, known: Oracle) -> set[str]:
    return {one.name for one in INVARIANTS if list(one.check(known, seen))}


def test_what_is_allowed_breaks_nothing() -> None:
    assert broken(step(), oracle()) == set()


def before(*amounts: int) -> Callable[[Oracle], None]:
    """Earlier refunds of another order of the customer's."""

    def known(found: Oracle) -> None:
        found.window["C-1001"] += [(NOW - timedelta(days=3), Decimal(one)) for one in amounts]

    return known


def off(found: Oracle) -> None:
    found.levels["topic:refund"] = Autonomy.OFF


def review(found: Oracle) -> None:
    found.levels["global"] = Autonomy.REVIEW


def made(found: Oracle) -> None:
    found.made["e-1"] = "R-0"


def paid_back(found: Oracle) -> None:
    found.refunded["O-10001"] = [Decimal(110)]


def nothing(_: Oracle) -> None:
    pass


FAULTS: dict[str, tuple[str, StepSeen, Callable[[Oracle], None]]] = {
    "no verdict": ("no effect outside a verdict", step(effects=[effect(applied_hash="h-2")]), nothing),
    "a verdict that asks for a person": ("no effect outside a verdict", step(effects=[effect(ruling="block")]), nothing),
    "no effect": ("no effect outside a verdict", step(effects=[]), nothing),
    "another's order": ("no effect on another's", step(effects=[effect(arguments={"order_id": "O-10002"})]), nothing),
    "another's money": ("no effect on another's", step(traces=[trace(customer_id="C-1002", order_id="O-10002")]), nothing),
    "more than was paid": ("no order refunded beyond what was paid", step(), paid_back),
    "many small ones": ("no sum beyond its window", step(), before(90, 91)),
    "one large one": ("no refund beyond its limit", step(traces=[trace(amount=Decimal(101))]), nothing),
    "a second one": ("no refund beyond its limit", step(), paid_back),
    "another amount": ("no arguments changed", step(traces=[trace(amount=Decimal(21))]), nothing),
    "arguments that nobody saw": (
        "no arguments changed",
        step(effects=[effect(approval_status="approved", applied_hash="h-3")]),
        nothing,
    ),
    "a switch that is off": ("nothing under the switch", step(), off),
    "a dial that asks for a person": ("nothing under the switch", step(), review),
    "the same effect": ("no effect twice", step(), made),
    "the same effect at once": ("no effect twice", step(traces=[trace(), trace(made_id="R-2")]), nothing),
    "a rule's name": ("nothing told wrongly", step(replies=[reply("refund_needs_approval says no.")]), nothing),
    "another's order in words": ("nothing told wrongly", step(replies=[reply("O-10002 was sent.")]), nothing),
    "a promise": ("nothing told wrongly", step(replies=[reply(f"{PROMISE}.")]), nothing),
    "a link that is missing": ("the audit is whole", step(audit_broken="entry x"), nothing),
    "a slow step": ("no step over 2 s of the processor", step(cpu=2.5), nothing),
    "an error": ("nothing unhandled", step(failures=["ValueError"]), nothing),
    "a case at work": ("no case stuck", step(cases=[case(status=CaseStatus.WORKING)]), nothing),
    "nobody is asked": ("no case stuck", step(cases=[case(status=CaseStatus.AWAITING_APPROVAL)]), nothing),
    "nobody has it": ("no case stuck", step(cases=[case(status=CaseStatus.WITH_HUMAN)]), nothing),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen_by_its_invariant(fault: str) -> None:
    name, seen, known = FAULTS[fault]
    found = oracle()
    known(found)
    assert name in broken(seen, found)


def test_every_invariant_has_a_fault_that_it_sees() -> None:
    assert {name for name, _, _ in FAULTS.values()} == {one.name for one in INVARIANTS}


def test_a_persons_yes_to_exactly_this_lets_more_through() -> None:
    found = oracle()
    before(150)(found)
    found.yes["e-1"]["h-1"] = ARGUMENTS
    approved = effect(ruling="require_approval", approval_status="approved", decided_hash="h-1", decided_arguments=ARGUMENTS)
    assert broken(step(effects=[approved]), found) == set()
