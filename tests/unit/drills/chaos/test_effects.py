"""Invariants of effects, decisions, switches and the audit: each names what was planted."""

from __future__ import annotations

import pytest

from handrail.drills.chaos.invariants.every import checked
from handrail.drills.chaos.log import Certainty
from handrail.drills.chaos.seen.evidence import ChaosEvidence, ShopTrace, ThrownControl, ToldEvent
from tests.unit.drills.chaos.evidence import LARGE, SMALL, Planted, at, check_named, replaced, sound, without


def became(seen: ChaosEvidence, *statuses: str) -> list[ToldEvent]:
    """The events with these statuses of the first case before its effect."""
    place = next(place for place, one in enumerate(seen.told) if one.effect_id == "e-1")
    about = {"case_id": SMALL, "sequence": 0, "position": 0}
    new = [ToldEvent(**about, kind="waiting" if one == "WithHuman" else "status", status=one) for one in statuses]
    return [*seen.told[:place], *new, *seen.told[place:]]


PLANTED: dict[str, Planted] = {
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
    "an effect that came while a person had the case": (
        "no effect of a lost turn",
        SMALL,
        "refund_order e-1 was made while the case was WithHuman",
        lambda seen: {"told": became(seen, "Working", "WithHuman")},
    ),
    "an effect that came when the case was over": (
        "no effect of a lost turn",
        SMALL,
        "refund_order e-1 was made while the case was Closed",
        lambda seen: {"told": became(seen, "Closed")},
    ),
    "an effect that came when a person had ended the case": (
        "no effect of a lost turn",
        SMALL,
        "refund_order e-1 was made while the case was Resolved",
        lambda seen: {"told": became(seen, "WithHuman", "Resolved")},
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
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(planted: str) -> None:
    check_named(PLANTED[planted])


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


@pytest.mark.parametrize(
    ("statuses", "update"),
    [
        (("WithHuman", "Working"), {}),
        (("AwaitingCustomer",), {}),
        (("WithHuman",), {"outcome": "refused"}),
    ],
    ids=["handed back", "with the customer", "refused behind a hand-over"],
)
def test_effects_of_a_turn_that_has_its_case_are_none_of_a_lost_one(statuses: tuple[str, ...], update: dict[str, str]) -> None:
    seen = sound()
    changed = {"told": became(seen, *statuses), "ledger": replaced(seen.ledger, 0, **update)}
    found = {one.name: one.broken for one in checked(seen.model_copy(update=changed))}
    assert found["no effect of a lost turn"] == []
