"""Input that no case can use, and cases that have to live through it."""

from __future__ import annotations

import json
from typing import Any

from temporalio.api.common.v1 import Payload

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from tests.support.house import House
from tests.support.raw import fresh_order, healthy, payload, plain

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
ENDED = ("Resolved", "AwaitingCustomer")
ODD: dict[str, tuple[Payload, ...]] = {
    "two values": (plain({"message_id": "m"}), plain("x")),
    "two unreadable values": (payload(b"{"), payload(b"\xff", "binary/unheard-of")),
    "a name and a list": (plain("approve"), plain([5])),
    "null": (plain(None),),
    "a number": (plain(7),),
    "a list": (plain([{"decision": "approve"}]),),
    "true": (plain(True),),
    "wrong fields": (plain({"approve": "yes"}),),
    "wrong types": (plain({"decision": ["approve"], "reviewer": {"name": 1}, "text": 5, "message_id": [], "note": 1.5}),),
    "no JSON": (payload(b'{"decision": approve}'),),
    "no data": (payload(b""),),
    "no UTF-8": (payload(b'"\xff\xfe"'),),
    "no encoding": (payload(b'{"decision": "approve"}', None),),
    "unknown encoding": (payload(b"\x00\x01", "binary/encrypted"),),
    "plain bytes": (payload(b"\x00\x01\x02", "binary/plain"),),
    "protobuf JSON": (payload(b"{}", "json/protobuf", messageType="temporal.api.common.v1.Payload"),),
    "protobuf JSON of nothing": (payload(b"{}", "json/protobuf"),),
    "protobuf": (payload(b"\x0a\xff", "binary/protobuf", messageType="temporal.api.common.v1.Payload"),),
    "10,000 levels": (payload(b"[" * 10_000 + b"]" * 10_000),),
    "150 levels": (plain({"decision": "edit", "arguments": json.loads("[" * 150 + "]" * 150)}),),
    "1.9 MB": (plain({"decision": "edit", "arguments": {"amount": "9" * 1_900_000}}),),
    "100 kB": (plain({"decision": "edit", "arguments": {"amount": "9" * 100_000}, "text": "a" * 99_000}),),
    "a field of 50 kB": (plain({"x" * 50_000: 1, "\x00": 2}),),
    "NaN": (payload(b'{"decision": "edit", "arguments": {"amount": NaN}}'),),
    "Infinity": (payload(b'{"decision": "edit", "arguments": {"amount": -Infinity}, "revision": 1e999}'),),
    "a huge number": (payload(b'{"decision": "reject", "revision": ' + b"9" * 6_000 + b"}"),),
    "a big number": (payload(b'{"decision": "reject", "revision": ' + b"9" * 3_000 + b"}"),),
    "a name twice": (payload(b'{"decision": "reject", "reviewer": "ann", "decision": "approve"}'),),
    "a lone surrogate": (plain({"decision": "reject", "reviewer": "\ud800", "text": "\udfff", "message_id": "m"}),),
    "NUL in every field": (plain({"decision": "reject", "reviewer": "a\x00n", "note": "\x00", "text": "\x00"}),),
    "a blank name": (plain({"reviewer": "  ", "text": "hello", "note": "n", "decision": "reject"}),),
    "a name of two lines": (plain({"reviewer": "ann\nbea", "text": "hello", "note": "n", "decision": "reject"}),),
}


async def waiting(home: House) -> CaseView:
    """A case whose refund waits for approval."""
    order = await fresh_order(home, **HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case


async def with_person(home: House) -> CaseView:
    """A case that waits for a person."""
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, "I want to speak to a human being.")
    assert case.status == "WithHuman", case
    return case


async def answered_case(home: House) -> tuple[CaseView, str]:
    """A case that was answered, and the order it is about."""
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status in ENDED, case
    return case, order.order_id


async def still_answers(home: House, case: CaseView, order_id: str) -> None:
    """The case is healthy and answers the next normal message."""
    turn = (await home.cases.status(case.case_id)).turn
    await home.cases.say(case.case_id, f"When will my order {order_id} be delivered?")
    after = await home.until(case.case_id, lambda view: view.turn > turn and view.status in ENDED)
    assert order_id in (after.reply or "")
    await healthy(home, case.case_id)


async def still_decides(home: House, case: CaseView) -> None:
    """The approval is still open, nothing was done, and a proper decision is taken."""
    now = await home.cases.status(case.case_id)
    assert (now.status, now.approvals[0].status) == ("AwaitingApproval", "open"), now.notice
    assert now.effects == []
    seen = {"approval_id": now.approvals[0].approval_id, "revision": now.approvals[0].revision}
    wanted = DecisionInput(decision=DecisionKind.APPROVE, reviewer="ann", **seen)
    await home.cases.decide(case.case_id, wanted)
    after = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in after.effects] == ["applied"]
    await healthy(home, case.case_id)


def opening(case_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A proper `CaseOpen` with changes."""
    return {"case_id": case_id, "customer_id": "C-1", "message": {"message_id": "m", "text": "Hello"}} | fields
