"""The checker of a drill under faults: each invariant holds for a sound record, and names what was planted into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.drills.chaos.invariants.every import INVARIANTS, checked
from handrail.drills.chaos.log import Act, Certainty, Operation
from handrail.drills.chaos.seen.evidence import (
    AgentsReply,
    CaseHistory,
    CaseInRecord,
    ChaosEvidence,
    Heal,
    LedgerRow,
    RecordedApproval,
    RecordedMessage,
    ShopTrace,
    ThrownControl,
    ToldEvent,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SMALL, LARGE, LATER = "k-1", "k-2", "k-3"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def tried(number: int, case_id: str, act: Act, key: str, known: Certainty = Certainty.OK) -> Operation:
    invoked = float(number)
    return Operation(number=number, case_id=case_id, act=act, key=key, invoked=invoked, ended=invoked + 0.5, known=known)


def written(case_id: str, message_id: str, author: str = "customer", turn: int = 1) -> RecordedMessage:
    return RecordedMessage(case_id=case_id, message_id=message_id, author=author, turn=turn)


def sound() -> ChaosEvidence:
    """A small refund with two messages, a large one that a person approved, and a case under a switch."""
    messages = [
        written(SMALL, "k-1-1"),
        written(SMALL, "k-1-a", "assistant"),
        written(SMALL, "k-1-2", turn=2),
        written(SMALL, "k-1-b", "assistant", 2),
        written(LARGE, "k-2-1"),
        written(LARGE, "k-2-a", "assistant"),
        written(LATER, "k-3-1"),
        written(LATER, "k-3-p", "person"),
    ]
    effects = [(SMALL, "e-1"), (LARGE, "e-2")]
    return ChaosEvidence(
        operations=[
            tried(1, SMALL, Act.OPEN, "k-1-1"),
            tried(2, SMALL, Act.SAY, "k-1-2", Certainty.UNKNOWN),
            tried(3, SMALL, Act.SAY, "k-1-2"),
            tried(4, LARGE, Act.OPEN, "k-2-1"),
            tried(5, LARGE, Act.DECIDE, "e-2 r1 approve"),
            tried(6, LATER, Act.OPEN, "k-3-1"),
            tried(7, LATER, Act.REPLY, "k-3-p"),
        ],
        cases=[
            CaseInRecord(case_id=SMALL, status="AwaitingCustomer", topic="refund", turn=2),
            CaseInRecord(case_id=LARGE, status="AwaitingCustomer", topic="refund"),
            CaseInRecord(case_id=LATER, status="Resolved", topic="refund"),
        ],
        histories=[
            CaseHistory(case_id=SMALL, status="AwaitingCustomer", taken=["k-1-2"]),
            CaseHistory(case_id=LARGE, status="AwaitingCustomer"),
            CaseHistory(case_id=LATER, status="Resolved"),
        ],
        messages=messages,
        told=[*said(messages), *done(effects, len(messages))],
        ledger=[
            LedgerRow(
                case_id=SMALL,
                effect_id="e-1",
                action="refund_order",
                ruling="allow",
                arguments_hash="h-1",
                outcome="applied",
                applied_hash="h-1",
                recorded_at=at(1),
                topic="refund",
                order_id="O-1",
            ),
            LedgerRow(
                case_id=LARGE,
                effect_id="e-2",
                action="refund_order",
                ruling="require_approval",
                arguments_hash="h-2",
                approval_id="e-2",
                approval_revision=1,
                approval_status="approved",
                outcome="applied",
                applied_hash="h-2",
                recorded_at=at(2),
                topic="refund",
                order_id="O-2",
            ),
        ],
        approvals=[
            RecordedApproval(
                case_id=LARGE,
                approval_id="e-2",
                revision=1,
                request_id="e-2",
                status="approved",
                decision="approve",
                reviewer="ann",
                arguments_hash="h-2",
            )
        ],
        shop=[
            ShopTrace(made_id="R-1", action="refund_order", order_id="O-1", effect_id="e-1"),
            ShopTrace(made_id="R-2", action="refund_order", order_id="O-2", effect_id="e-2"),
        ],
        controls=[
            ThrownControl(control_id=1, scope="topic:refund", level="off", hand="drill", asked_at=at(9), set_at=at(10)),
            ThrownControl(control_id=2, scope="topic:refund", level="auto", hand="drill", asked_at=at(20), set_at=at(20)),
        ],
        replies=[
            AgentsReply(case_id=SMALL, message_id="k-1-a", recorded_at=at(1), topic="refund"),
            AgentsReply(case_id=SMALL, message_id="k-1-b", recorded_at=at(21), topic="refund"),
            AgentsReply(case_id=LARGE, message_id="k-2-a", recorded_at=at(3), topic="refund"),
        ],
        audited=9,
        heals=[Heal(fault=0, part="worker", kind="SIGKILL", case_id="probe-0", away=2.0, progress=1.5)],
    )


def said(messages: list[RecordedMessage]) -> list[ToldEvent]:
    counts: dict[str, int] = {}
    found = []
    for position, one in enumerate(messages, 1):
        counts[one.case_id] = counts.get(one.case_id, 0) + 1
        kind = "message" if one.author == "customer" else "reply"
        number = counts[one.case_id]
        found.append(ToldEvent(case_id=one.case_id, sequence=number, position=position, kind=kind, message_id=one.message_id))
    return found


def done(effects: list[tuple[str, str]], before: int) -> list[ToldEvent]:
    numbers = {SMALL: 5, LARGE: 3}
    return [
        ToldEvent(case_id=case_id, sequence=numbers[case_id], position=position, kind="effect", effect_id=effect_id)
        for position, (case_id, effect_id) in enumerate(effects, before + 1)
    ]


def test_a_sound_record_breaks_nothing() -> None:
    found = checked(sound())
    assert [one for one in found if one.broken] == []
    assert all(one.looked_at > 0 for one in found)


Plant = Callable[[ChaosEvidence], dict[str, Any]]


def replaced(things: list[Any], number: int, **update: Any) -> list[Any]:
    return [one.model_copy(update=update) if place == number else one for place, one in enumerate(things)]


def without(things: list[Any], number: int) -> list[Any]:
    return [one for place, one in enumerate(things) if place != number]


PLANTED: dict[str, tuple[str, str, str, Plant]] = {
    "an acknowledged case is in no table": (
        "no case lost",
        LATER,
        "was acknowledged; in the record: False, in Temporal: True",
        lambda seen: {"cases": without(seen.cases, 2)},
    ),
    "an acknowledged case is not in Temporal": (
        "no case lost",
        LATER,
        "in the record: True, in Temporal: False",
        lambda seen: {"histories": without(seen.histories, 2)},
    ),
    "a case of unknown opening is half there": (
        "no case lost",
        LATER,
        "half there",
        lambda seen: {
            "operations": replaced(seen.operations, 5, known=Certainty.UNKNOWN),
            "histories": without(seen.histories, 2),
        },
    ),
    "a refused case stands": (
        "no case lost",
        LATER,
        "was refused",
        lambda seen: {"operations": replaced(seen.operations, 5, known=Certainty.FAIL)},
    ),
    "an acknowledged message is gone": (
        "no message lost",
        SMALL,
        "k-1-2 was acknowledged",
        lambda seen: {"messages": without(seen.messages, 2)},
    ),
    "a person's acknowledged reply is gone": (
        "no message lost",
        LATER,
        "k-3-p was acknowledged",
        lambda seen: {"messages": without(seen.messages, 7)},
    ),
    "a message that the case took, whatever its sender knows, is gone": (
        "no message lost",
        SMALL,
        "k-1-2 stands in the case's history",
        lambda seen: {
            "operations": without(seen.operations, 2),
            "messages": without(seen.messages, 2),
        },
    ),
    "a message stands twice": (
        "no message doubled",
        SMALL,
        "k-1-2 stands 2 times",
        lambda seen: {"messages": [*seen.messages, seen.messages[2]]},
    ),
    "a message that nobody sent": (
        "no message doubled",
        SMALL,
        "nobody sent it",
        lambda seen: {"messages": [*seen.messages, written(SMALL, "k-1-9", turn=3)]},
    ),
    "a turn with two answers": (
        "no message doubled",
        SMALL,
        "answered 2 times in turn 2",
        lambda seen: {"messages": [*seen.messages, written(SMALL, "k-1-c", "assistant", 2)]},
    ),
    "messages in another order than they were acknowledged in": (
        "no message reordered",
        SMALL,
        "k-1-2 stands before k-1-1",
        lambda seen: {"messages": [seen.messages[2], *without(seen.messages, 2)]},
    ),
    "a refused message stands": (
        "nothing refused and kept",
        SMALL,
        "k-1-2 was refused",
        lambda seen: {"operations": replaced(replaced(seen.operations, 1, known=Certainty.FAIL), 2, known=Certainty.FAIL)},
    ),
    "a message was not told": (
        "everything told once",
        SMALL,
        "k-1-1 was told 0 times",
        lambda seen: {"told": replaced(seen.told, 0, kind="status")},
    ),
    "an effect was told twice": (
        "everything told once",
        SMALL,
        "effect e-1 was told 2 times",
        lambda seen: {"told": [*seen.told, seen.told[-2].model_copy(update={"sequence": 6, "position": 11})]},
    ),
    "events of a case with a gap": (
        "everything told once",
        SMALL,
        "numbered [1, 2, 3, 4, 6]",
        lambda seen: {"told": replaced(seen.told, len(seen.told) - 2, sequence=6)},
    ),
    "events of all cases with a gap": (
        "everything told once",
        "",
        "end at position 12",
        lambda seen: {"told": replaced(seen.told, len(seen.told) - 1, position=12)},
    ),
    "an order was refunded under two keys": (
        "no effect twice",
        SMALL,
        "money of order O-1 went back 2 times: e-1, other",
        lambda seen: {
            "shop": [*seen.shop, ShopTrace(made_id="R-3", action="refund_order", order_id="O-1", effect_id="other")]
        },
    ),
    "a key stands twice in the shop": (
        "no effect twice",
        SMALL,
        "effect e-1 stands 2 times",
        lambda seen: {"shop": [*seen.shop, ShopTrace(made_id="2", action="send_password_reset", effect_id="e-1")]},
    ),
    "an effect that no ledger row knows": (
        "no effect without permission",
        "",
        "no ledger row allows it",
        lambda seen: {"shop": [*seen.shop, ShopTrace(made_id="R-3", action="refund_order", order_id="O-9")]},
    ),
    "an effect whose ledger row says that it was refused": (
        "no effect without permission",
        SMALL,
        "no ledger row allows it",
        lambda seen: {"ledger": replaced(seen.ledger, 0, outcome="refused")},
    ),
    "an effect of other arguments than its verdict": (
        "no effect without permission",
        SMALL,
        "other arguments",
        lambda seen: {"ledger": replaced(seen.ledger, 0, applied_hash="h-9")},
    ),
    "an effect of other arguments than its approval": (
        "no effect without permission",
        LARGE,
        "of other arguments",
        lambda seen: {"ledger": replaced(seen.ledger, 1, applied_hash="h-9")},
    ),
    "an effect by the approval of an older revision": (
        "no effect without permission",
        LARGE,
        "r2 does not stand",
        lambda seen: {"ledger": replaced(seen.ledger, 1, approval_revision=2)},
    ),
    "an effect that was rejected": (
        "no effect without permission",
        LARGE,
        "is rejected",
        lambda seen: {"approvals": replaced(seen.approvals, 0, status="rejected")},
    ),
    "an effect that was held, and nobody was asked": (
        "no effect without permission",
        SMALL,
        "nobody was asked",
        lambda seen: {"ledger": replaced(seen.ledger, 0, ruling="require_approval")},
    ),
    "an effect that was blocked": (
        "no effect without permission",
        SMALL,
        "the verdict is block",
        lambda seen: {"ledger": replaced(seen.ledger, 0, ruling="block")},
    ),
    "an applied effect that the shop does not have": (
        "no effect claimed and not made",
        SMALL,
        "the shop has nothing",
        lambda seen: {"shop": without(seen.shop, 0)},
    ),
    "an acknowledged decision does not stand": (
        "no decision lost",
        LARGE,
        "e-2 r1 approve was acknowledged",
        lambda seen: {"approvals": replaced(seen.approvals, 0, decision=None, status="open")},
    ),
    "another decision stands than was acknowledged": (
        "no decision lost",
        LARGE,
        "e-2 r1 approve was acknowledged",
        lambda seen: {"approvals": replaced(seen.approvals, 0, decision="reject", status="rejected")},
    ),
    "a refused decision stands": (
        "no decision lost",
        LARGE,
        "was refused and stands",
        lambda seen: {"operations": replaced(seen.operations, 4, known=Certainty.FAIL)},
    ),
    "nothing came of an approval": (
        "no decision lost",
        LARGE,
        "neither made nor refused",
        lambda seen: {"ledger": replaced(seen.ledger, 1, outcome=None)},
    ),
    "an effect after the switch": (
        "nothing after the switch",
        SMALL,
        "e-1 came 1.000 s after topic:refund was off",
        lambda seen: {"ledger": replaced(seen.ledger, 0, recorded_at=at(11))},
    ),
    "a reply after the switch": (
        "nothing after the switch",
        SMALL,
        "k-1-b came 5.000 s after",
        lambda seen: {"replies": replaced(seen.replies, 1, recorded_at=at(15))},
    ),
    "an effect after everything was off": (
        "nothing after the switch",
        LARGE,
        "after global was off",
        lambda seen: {
            "controls": [
                ThrownControl(control_id=1, scope="global", level="off", hand="person", asked_at=at(1), set_at=at(1.5))
            ]
        },
    ),
    "an effect of a tool that was off": (
        "nothing after the switch",
        LARGE,
        "after tool:refund_order was off",
        lambda seen: {"controls": replaced(seen.controls, 0, scope="tool:refund_order", set_at=at(1.5))},
    ),
    "a link of the audit is broken": (
        "the audit is whole",
        "",
        "its hash is another",
        lambda _: {"audit_broken": "entry a of case k-1: its hash is another"},
    ),
    "a case is still worked on": (
        "no case stuck",
        SMALL,
        "it is Working",
        lambda seen: {
            "cases": replaced(seen.cases, 0, status="Working"),
            "histories": replaced(seen.histories, 0, status="Working"),
        },
    ),
    "a workflow task fails": (
        "no case stuck",
        SMALL,
        "at attempt 7",
        lambda seen: {"histories": replaced(seen.histories, 0, trouble="its workflow task is at attempt 7")},
    ),
    "Temporal and the record do not agree": (
        "no case stuck",
        SMALL,
        "WithHuman in Temporal and AwaitingCustomer in the record",
        lambda seen: {"histories": replaced(seen.histories, 0, status="WithHuman")},
    ),
    "a case did not settle": ("no case stuck", SMALL, "did not settle", lambda _: {"late": [SMALL]}),
    "no progress after a fault": (
        "progress after every fault",
        "probe-0",
        "SIGKILL of worker",
        lambda seen: {"heals": replaced(seen.heals, 0, progress=None)},
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(planted: str) -> None:
    name, case_id, words, plant = PLANTED[planted]
    seen = sound()
    found = {one.name: one.broken for one in checked(seen.model_copy(update=plant(seen)))}
    assert any(one.case_id == case_id and words in one.seen for one in found[name]), found


def test_every_invariant_has_a_planted_counter_example() -> None:
    assert {one.name for one in INVARIANTS} == {name for name, *_ in PLANTED.values()}


UNKNOWNS: dict[str, Plant] = {
    "the message is there": lambda seen: {"operations": without(seen.operations, 2)},
    "the message is not there": lambda seen: {
        "operations": without(seen.operations, 2),
        "histories": replaced(seen.histories, 0, taken=[]),
        "messages": without(seen.messages, 2),
        "told": [
            *seen.told[:2],
            *(
                one.model_copy(update={"position": one.position - 1, "sequence": one.sequence - (one.case_id == SMALL)})
                for one in seen.told[3:]
            ),
        ],
    },
    "the decision stands": lambda seen: {"operations": replaced(seen.operations, 4, known=Certainty.UNKNOWN)},
    "the case is nowhere": lambda seen: {
        "operations": [one for one in replaced(seen.operations, 5, known=Certainty.UNKNOWN) if one.act is not Act.REPLY],
        "cases": without(seen.cases, 2),
        "histories": without(seen.histories, 2),
        "messages": seen.messages[:6],
        "told": [
            *seen.told[:6],
            *(one.model_copy(update={"position": one.position - 2}) for one in seen.told[8:]),
        ],
    },
}


@pytest.mark.parametrize("name", UNKNOWNS)
def test_what_is_unknown_may_have_happened_and_may_not(name: str) -> None:
    seen = sound()
    assert [one for one in checked(seen.model_copy(update=UNKNOWNS[name](seen))) if one.broken] == []


def test_messages_that_were_on_their_way_together_may_stand_in_any_order() -> None:
    seen = sound()
    operations = [
        seen.operations[0].model_copy(update={"ended": 9.0}),
        *seen.operations[1:],
    ]
    turned = {"operations": operations, "messages": [seen.messages[2], *without(seen.messages, 2)]}
    assert not any(one.broken for one in checked(seen.model_copy(update=turned)))


def test_a_switch_that_did_not_wait_for_what_was_under_way_says_nothing_of_it() -> None:
    seen = sound()
    update = {
        "ledger": replaced(seen.ledger, 0, recorded_at=at(11)),
        "controls": replaced(seen.controls, 0, waited=False),
    }
    assert not any(one.broken for one in checked(seen.model_copy(update=update)))


def test_an_approval_that_a_switch_kept_from_being_done_is_not_lost() -> None:
    seen = sound()
    update = {
        "ledger": replaced(seen.ledger, 1, outcome=None, applied_hash=None),
        "shop": without(seen.shop, 1),
        "switched_off": [LARGE],
    }
    assert not any(one.broken for one in checked(seen.model_copy(update=update)))
