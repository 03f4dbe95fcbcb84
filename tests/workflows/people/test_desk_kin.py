"""Two ids of one person: the agent answers about the orders of both, and the case's page says who joined them."""

from __future__ import annotations

from handrail.clock import SystemClock
from handrail.domain.personal.kin import LinkChange
from handrail.postgres.personal.kin import PostgresKin
from handrail.shop import business
from tests.support.deskside import at_desk, key_of, with_desk
from tests.support.house import House

DELIVERED = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}


async def test_a_merged_id_is_answered_about_all_orders_and_shown_with_who_joined_it(home: House) -> None:
    mine, theirs = await home.strangers_order(**DELIVERED), await home.strangers_order(status="shipped")
    asked = f"Where is my order {theirs.order_id}?"
    kin, why = PostgresKin(home.pool, business, SystemClock()), "<b>same card</b>"
    await kin.change(LinkChange(merged=mine.customer_id, kept=theirs.customer_id, reason=why, by="olga"))

    case = await home.open(mine.customer_id, asked)
    assert case.status == "Resolved", case
    assert theirs.order_id in (case.reply or "")
    async with at_desk(await with_desk(home), await key_of(home, "ann")) as ann:
        page = await ann.look(f"/desk/cases/{case.case_id}")
        assert f"One person: {mine.customer_id}, {theirs.customer_id}" in page
        assert f"{mine.customer_id} was merged into {theirs.customer_id} by olga on " in page
        assert "&lt;b&gt;same card&lt;/b&gt;" in page
        assert "Their verified mail addresses differ." in page
        german = (await ann.get(f"/desk/cases/{case.case_id}", headers={"accept-language": "de"})).text
        assert f"Eine Person: {mine.customer_id}, {theirs.customer_id}" in german
        await kin.change(LinkChange(merged=mine.customer_id, reason="two sisters", by="olga"))
        assert "One person" not in await ann.look(f"/desk/cases/{case.case_id}")
