"""A card number that a customer writes stands in no history, in no row, and before no model; they are told."""

from __future__ import annotations

from uuid import uuid4

from handrail.domain.text.redacted import Secret, notice
from tests.support.costs import history
from tests.support.house import House

CARD = "4111 1111 1111 1111"


async def everything(home: House, case_id: str) -> str:
    """All rows of the case, as text."""
    tables = ("cases", "messages", "classifications", "handoffs", "audit", "actions", "approvals", "turns", "case_event")
    rows = [
        await home.rows(f"select to_jsonb(t)::text from handrail.{one} t where case_id = %(c)s", c=case_id) for one in tables
    ]
    return str(rows)


async def test_what_comes_through_our_clients_stands_nowhere(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    text = f"Where is my order {order.order_id}? I paid with {CARD}."
    case = await home.open(order.customer_id, text)
    assert notice([Secret.CARD], "en") in (case.reply or "")
    told = await history(home.temporal, f"case-{case.case_id}")
    assert CARD not in str(told)
    assert "[card" in await everything(home, case.case_id)
    assert CARD not in await everything(home, case.case_id)
    assert not [one for one in await home.model.requests(order.order_id) if CARD in str(one)]
    again = await home.cases.open_case(case.case_id, order.customer_id, text, channel="rehearsal")
    assert again.duplicate


async def test_what_comes_past_them_reaches_no_row_and_no_model(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    sent = {"message_id": f"m-{uuid4().hex}", "text": f"And was {CARD} charged for order {order.order_id}?"}
    await handle.execute_update("send_message", sent)
    await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert "[card" in await everything(home, case.case_id)
    assert CARD not in await everything(home, case.case_id)
    assert not [one for one in await home.model.requests(order.order_id) if CARD in str(one)]
