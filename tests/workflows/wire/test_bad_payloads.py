"""Payloads of other shapes and unknown names: refused by every update and signal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.service import RPCError

from handrail.domain.case.cases import CaseView
from handrail.domain.case.openings import read_message
from handrail.domain.errors import InvalidInput
from tests.support.house import House
from tests.support.odd import ODD, answered_case, still_decides, waiting, with_person
from tests.support.raw import Wire, healthy, plain

UPDATES = ("send_message", "decide", "claim", "reply", "hand_back", "resolve", "rate")
SIGNALS = ("message", "approve", "reject", "reply_as_human", "close_case")


def has_words(*payloads: Payload) -> bool:
    """A customer's words in whatever form: they reach a person, `test_openings` says how."""
    try:
        read_message(json.loads(payloads[0].data), "m") if len(payloads) == 1 else None
    except (ValueError, RecursionError, InvalidInput):
        return False
    return len(payloads) == 1


@pytest.fixture(scope="module")
async def two_cases(at_home: House) -> AsyncIterator[tuple[CaseView, CaseView]]:
    """One that waits for a decision and one that is with a person; after all that they go on as if nothing had been."""
    decided, held = await waiting(at_home), await with_person(at_home)
    yield decided, held
    await at_home.cases.reply(held.case_id, "bea", "Hello, how can I help?")
    await healthy(at_home, held.case_id)
    await still_decides(at_home, decided)


@pytest.mark.parametrize("what", ODD)
async def test_odd_payloads_are_refused_by_every_update_and_signal(
    home: House, wire: Wire, two_cases: tuple[CaseView, CaseView], what: str
) -> None:
    for case in two_cases:
        for name in (*UPDATES, "nothing of the kind"):
            words = await wire.update(case.case_id, name, *ODD[what])
            assert words, f"{name} took {what}"
            assert len(words) < 1_500, f"{name}: {len(words)} characters"
            assert "Failed decoding" not in words, words
            assert "positional" not in words, words
        for name in SIGNALS:
            if (name == "close_case" and what == "null") or (name == "message" and has_words(*ODD[what])):
                continue
            await wire.signal(case.case_id, name, *ODD[what])
            now = await home.cases.status(case.case_id)
            assert f"signal {name!r}" in (now.notice or ""), now.notice
            assert len(now.notice or "") < 1_500
            assert now.status == case.status


@pytest.mark.parametrize("what", ["nothing", "two values", "no JSON", "unknown encoding", "10,000 levels", "1.9 MB"])
async def test_a_wish_for_a_person_counts_whatever_the_box_holds(home: House, wire: Wire, what: str) -> None:
    case = await waiting(home)
    await wire.signal(case.case_id, "request_human", *ODD.get(what, ()))
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "customer_asked"
    await healthy(home, case.case_id)


async def test_unknown_names_are_refused_with_the_names_there_are(home: House, wire: Wire) -> None:
    case = await waiting(home)
    names = ["aprove", "__init__", "__signal", "__stack_trace", "3 · Approve everything · r1", "décider", "a/b?c=d&e%20", "😀"]
    for name in [*names, "x" * 900, "\u202eevorppa", "a\nb"]:
        words = await wire.update(case.case_id, name, plain({"decision": "approve"}))
        assert "nothing here is called" in (words or ""), (name, words)
        assert case.approvals[0].update_names[0] in (words or "")
        await wire.signal(case.case_id, name)
        assert "nothing here is called" in ((await home.cases.status(case.case_id)).notice or ""), name
    for name in ("", "x" * 5_000):
        with pytest.raises(RPCError):
            await wire.signal(case.case_id, name)
    await still_decides(home, case)


async def test_a_question_with_input_is_answered(home: House) -> None:
    case, _ = await answered_case(home)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    for name in ("status", "handoff", "transcript"):
        assert await handle.query(name, {"what": "ever"}) == await handle.query(name)
