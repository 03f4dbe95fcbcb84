"""Decisions and clicks that fit nothing: refused with what would fit."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.errors import ApprovalRefused, InvalidInput
from tests.support.house import House
from tests.support.odd import ODD, still_decides, waiting
from tests.support.raw import Wire, plain


async def test_decisions_that_fit_nothing_are_refused_with_what_would_fit(home: House, wire: Wire) -> None:
    case, other = await waiting(home), await waiting(home)
    approval = case.approvals[0]
    foreign = other.approvals[0].approval_id
    misses: list[tuple[dict[str, Any], str]] = [
        (
            {"approval_id": "nothing", "revision": 1},
            rf"^approval_id: 'nothing' is not known here\. Open: {approval.approval_id}",
        ),
        ({"approval_id": foreign, "revision": 1}, "^approval_id: .* is not known here"),
        ({"approval_id": approval.approval_id, "revision": 99}, r"^revision: 99 is not what is open now \(r1\)"),
    ]
    for fields, words in misses:
        with pytest.raises((ApprovalRefused, InvalidInput), match=words):
            await home.cases.decide(case.case_id, DecisionInput(decision=DecisionKind.APPROVE, reviewer="ann", **fields))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"revision": 0, "decision": "approve"}, "revision: "),
        ({"revision": -1, "decision": "approve"}, "revision: "),
        ({"approval_id": "x" * 5_000, "decision": "approve"}, "approval_id: "),
        ({"decision": "maybe"}, "decision: "),
        ({"decision": "answer", "answer": "yes"}, "decision: this is an approval"),
        ({"decision": "approve", "arguments": {"amount": "9000"}}, "arguments: "),
        ({"decision": "reject", "arguments": {"amount": "9000"}}, "arguments: "),
        ({"decision": "approve", "answer": "yes"}, "answer: "),
        ({"decision": "edit", "arguments": {"colour": "red"}}, "arguments: colour does not exist here"),
        ({"decision": "edit", "arguments": {}}, "arguments: an edit needs the fields that change"),
        ({"decision": "edit", "arguments": {"amount": "9" * 50_000}}, "arguments: "),
        ({"decision": "edit", "arguments": {"amount": {"deep": [[[[1]]]]}}}, "amount"),
        ({"decision": "edit", "arguments": {"order_id": "O-1"}}, "order"),
        ({"decision": "approve", "note": "n" * 2_001}, "note: "),
        ({"decision": "approve", "colour": "red"}, "colour: "),
    ]
    for fields, words in wrong:
        refused = await wire.update(
            case.case_id, "decide", plain({"approval_id": approval.approval_id, "revision": 1, "reviewer": "ann", **fields})
        )
        assert words in (refused or ""), (fields, refused)
    await still_decides(home, case)
    with pytest.raises(ApprovalRefused, match="already approved by ann; it is settled once"):
        await home.cases.decide(
            case.case_id, DecisionInput(decision=DecisionKind.REJECT, approval_id=approval.approval_id, reviewer="bea")
        )
    await still_decides(home, other)


async def test_bare_and_contradicting_signals_decide_nothing(home: House, wire: Wire) -> None:
    case = await waiting(home)
    approval = case.approvals[0]
    named = {"approval_id": approval.approval_id, "revision": approval.revision}
    for given in (
        None,
        "yes",
        True,
        {},
        {"approval_id": approval.approval_id},
        {"revision": approval.revision},
        {**named, "decision": "reject"},
        {**named, "arguments": {"amount": "9000"}},
        {**named, "revision": 99},
        {**named, "approval_id": "other"},
        {**named, "note": "n" * 3_000},
    ):
        await wire.signal(case.case_id, "approve", plain(given))
        now = await home.cases.status(case.case_id)
        assert "signal 'approve'" in (now.notice or ""), given
        assert now.approvals[0].status == "open", given
    await wire.signal(case.case_id, "approve")
    assert approval.update_names[0] in ((await home.cases.status(case.case_id)).notice or "")
    await still_decides(home, case)


@pytest.mark.parametrize("kind", ["update", "signal"])
async def test_a_menu_entry_takes_nothing_or_a_note_and_no_more(home: House, wire: Wire, kind: str) -> None:
    case = await waiting(home)
    name = case.approvals[0].update_names[0]
    bad: list[tuple[Payload, ...]] = [ODD[one] for one in ODD if one not in ("null",)]
    bad += [(plain("n" * 2_001),), (plain("a\x00b"),), (plain("\u202e"),)]
    for payloads in bad:
        if kind == "update":
            words = await wire.update(case.case_id, name, *payloads)
            assert words, payloads
            assert "Failed decoding" not in words
        else:
            await wire.signal(case.case_id, name, *payloads)
    if kind == "signal":
        assert "1 · Approve" in ((await home.cases.status(case.case_id)).notice or "")
    await still_decides(home, case)
