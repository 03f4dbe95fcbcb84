"""Invariants of cases and messages: each names what was planted, and nothing that may have been."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.drills.chaos.invariants.every import checked
from handrail.drills.chaos.log import Act, Certainty
from tests.unit.drills.chaos.evidence import LATER, SMALL, Plant, Planted, check_named, replaced, sound, without, written

PLANTED: dict[str, Planted] = {
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
    "a customer's one case stands twice": (
        "no case doubled",
        SMALL,
        "C-1 opened one case, and there are k-1, k-3",
        lambda seen: {"cases": replaced(seen.cases, 2, customer_id="C-1")},
    ),
    "a case that nobody opened": (
        "no case doubled",
        "k-9",
        "nobody opened it",
        lambda seen: {"cases": [*seen.cases, seen.cases[0].model_copy(update={"case_id": "k-9", "customer_id": "C-9"})]},
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
    check_named(PLANTED[planted])


QUIET: dict[str, Any] = {"streams": {}, "called": False, "webhooks": [], "outbox": []}
UNKNOWNS: dict[str, Plant] = {
    "the message is there": lambda seen: {"operations": without(seen.operations, 2)},
    "the message is not there": lambda seen: {
        **QUIET,
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
        **QUIET,
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
