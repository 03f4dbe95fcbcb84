"""What each tool answers and refuses, on its own and against others at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from handrail.business import FactType, Kind, Shape
from handrail.domain.errors import BusinessRefused
from handrail.shop import business
from handrail.shop.records.find import FoundOrder, find
from tests.postgres.shop.harness import NOW, Shop

HOME = {"street": "12 Harbour Lane", "postal_code": "20457", "city": "Northquay"}


async def found(shop: Shop, **wanted: Any) -> FoundOrder:
    async with shop.connect() as connection:
        return (await find(connection, now=NOW, **wanted))[0]


async def refused(awaitable: Any) -> str:
    with pytest.raises(BusinessRefused) as caught:
        await awaitable
    return caught.value.code


async def delivered(shop: Shop, **wanted: Any) -> FoundOrder:
    return await found(shop, **{"status": "delivered", "refunded": False, "delivered_within_days": 25, **wanted})


async def test_customer_hides_the_email(shop: Shop) -> None:
    answer = await shop.read("C-0001", "get_customer")
    email = await shop.value("select email from shop.customers where customer_id = 'C-0001'")
    assert email not in str(answer)
    assert answer["email"].endswith("***@example.net")


async def test_orders_and_payments_are_the_customers_own(shop: Shop) -> None:
    orders = await shop.read("C-0001", "list_orders", limit=50)
    payments = await shop.read("C-0001", "list_payments", limit=50)
    mine = await shop.value("select array_agg(order_id) from shop.orders where customer_id = 'C-0001'")
    assert {order["order_id"] for order in orders["orders"]} == set(mine)
    assert {payment["order_id"] for payment in payments["payments"]} <= set(mine)
    assert [order["placed_on"] for order in orders["orders"]] == sorted(
        (order["placed_on"] for order in orders["orders"]), reverse=True
    )
    paid = await shop.read("C-0001", "list_orders", status="paid", limit=50)
    assert all(order["status"] == "paid" for order in paid["orders"])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_order", {}),
        ("list_payments", {}),
        ("refund_eligibility", {}),
        ("refund_order", {"amount": 1}),
        ("cancel_order", {}),
        ("change_shipping_address", HOME),
    ],
)
async def test_another_customers_order_looks_like_none(shop: Shop, tool: str, arguments: dict[str, Any]) -> None:
    order = await delivered(shop)
    stranger = "C-0002" if order.customer_id != "C-0002" else "C-0003"
    answers = []
    for order_id in (order.order_id, "O-999999"):
        with pytest.raises(BusinessRefused) as caught:
            await shop.apply(stranger, tool, "e", order_id=order_id, **arguments)
        answers.append((caught.value.code, str(caught.value).replace(order_id, "X")))
        if business.by_name[tool].kind is Kind.EFFECT:
            assert await refused(shop.preview(stranger, tool, order_id=order_id, **arguments)) == "not_found"
    assert answers[0] == answers[1], "the answer must not tell that the order exists"
    assert answers[0][0] == "not_found"


async def test_every_tool_of_an_unknown_customer(shop: Shop) -> None:
    assert await refused(shop.read("C-999999", "get_customer")) == "not_found"
    assert await refused(shop.apply("C-999999", "send_password_reset", "e")) == "not_found"
    assert (await shop.read("C-999999", "list_orders"))["orders"] == []
    assert (await shop.read("C-999999", "list_payments"))["payments"] == []


async def test_refund_to_the_cent_and_never_more(shop: Shop) -> None:
    order = await delivered(shop, refundable_over=50)
    me = order.customer_id
    assert (await shop.read(me, "refund_eligibility", order_id=order.order_id))["refundable_usd"] == float(order.refundable)
    part = Decimal("10.07")
    answer = await shop.apply(me, "refund_order", "e1", order_id=order.order_id, amount=10.07, reason="broken")
    assert answer["left_usd"] == float(order.refundable - part)
    too_much = order.refundable - part + Decimal("0.01")
    assert (
        await refused(shop.apply(me, "refund_order", "e2", order_id=order.order_id, amount=too_much)) == "more_than_refundable"
    )
    await shop.apply(me, "refund_order", "e3", order_id=order.order_id, amount=order.refundable - part)
    assert await refused(shop.apply(me, "refund_order", "e4", order_id=order.order_id, amount=0.01)) == "already_refunded"
    eligibility = await shop.read(me, "refund_eligibility", order_id=order.order_id)
    assert (eligibility["eligible"], eligibility["refundable_usd"]) == (False, 0.0)
    refunded = await shop.value("select sum(amount) from shop.refunds where order_id = %s", order.order_id)
    assert refunded == order.paid


@pytest.mark.parametrize(("status", "code"), [("pending", "not_paid"), ("paid", "not_shipped"), ("cancelled", "cancelled")])
async def test_refund_refused_by_status(shop: Shop, status: str, code: str) -> None:
    order = await found(shop, status=status)
    arguments = {"order_id": order.order_id, "amount": 1}
    assert await refused(shop.preview(order.customer_id, "refund_order", **arguments)) == code
    assert await refused(shop.apply(order.customer_id, "refund_order", "e", **arguments)) == code


async def test_two_refunds_at_once_cannot_pass_what_was_paid(shop: Shop) -> None:
    order = await delivered(shop, refundable_over=50)
    most = order.refundable * Decimal("0.6")
    amount = most.quantize(Decimal("0.01"))
    results = await asyncio.gather(
        *(shop.apply(order.customer_id, "refund_order", f"e{n}", order_id=order.order_id, amount=amount) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, dict) for one in results) == 1, results
    assert all(isinstance(one, (dict, BusinessRefused)) for one in results), results
    assert await shop.value("select sum(amount) from shop.refunds where order_id = %s", order.order_id) == amount


async def test_refund_and_cancel_at_once_pay_back_once(shop: Shop) -> None:
    order = await found(shop, status="paid")
    await asyncio.gather(
        *(shop.apply(order.customer_id, "cancel_order", f"e{n}", order_id=order.order_id) for n in range(3)),
        shop.apply(order.customer_id, "refund_order", "r", order_id=order.order_id, amount=1),
        return_exceptions=True,
    )
    assert await shop.value("select sum(amount) from shop.refunds where order_id = %s", order.order_id) == order.paid
    assert await shop.value("select count(*) from shop.refunds where order_id = %s", order.order_id) == 1


async def test_a_ruling_does_not_cover_what_came_after_it(shop: Shop) -> None:
    """Two small refunds ruled on at the same moment: the second would make the first ruling's sums untrue."""
    order = await delivered(shop, refundable_over=50)
    arguments = {"order_id": order.order_id, "amount": 20}
    pins = (await shop.preview(order.customer_id, "refund_order", **arguments)).pins
    results = await asyncio.gather(
        *(shop.apply(order.customer_id, "refund_order", f"e{n}", **{**arguments, **pins}) for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one) is dict for one in results) == [False, True]
    assert [one.code for one in results if isinstance(one, BusinessRefused)] == ["changed"]


async def test_cancel_pays_back_and_only_once(shop: Shop) -> None:
    order = await found(shop, status="paid")
    me = order.customer_id
    preview = await shop.preview(me, "cancel_order", order_id=order.order_id)
    assert preview.facts["refund_amount_usd"] == float(order.paid)
    answer = await shop.apply(me, "cancel_order", "e1", order_id=order.order_id, **preview.pins)
    assert answer["refunded_usd"] == float(order.paid)
    assert (await shop.read(me, "get_order", order_id=order.order_id))["status"] == "cancelled"
    assert await refused(shop.apply(me, "cancel_order", "e2", order_id=order.order_id)) == "already_cancelled"
    assert await refused(shop.apply(me, "refund_order", "e3", order_id=order.order_id, amount=1)) == "cancelled"


async def test_cancel_of_an_unpaid_order_releases_the_authorisation(shop: Shop) -> None:
    order_id = await shop.value(
        "select order_id from shop.orders join shop.payments using (order_id) "
        "where orders.status = 'pending' and payments.status = 'authorised' order by 1 limit 1"
    )
    me = await shop.value("select customer_id from shop.orders where order_id = %s", order_id)
    assert (await shop.apply(me, "cancel_order", "e", order_id=order_id))["refunded_usd"] == 0
    assert await shop.value("select count(*) from shop.payments where order_id = %s and status = 'authorised'", order_id) == 0
    assert await shop.value("select count(*) from shop.refunds where order_id = %s", order_id) == 0


async def test_a_payment_that_arrives_after_the_ruling_stops_the_cancellation(shop: Shop) -> None:
    order_id = await shop.value(
        "select order_id from shop.orders join shop.payments using (order_id) "
        "where orders.status = 'pending' and payments.status = 'authorised' order by 1 limit 1"
    )
    me = await shop.value("select customer_id from shop.orders where order_id = %s", order_id)
    pins = (await shop.preview(me, "cancel_order", order_id=order_id)).pins
    await shop.value(
        "with o as (update shop.orders set status = 'paid' where order_id = %s) update shop.payments "
        "set status = 'captured', captured_at = created_at where order_id = %s and status = 'authorised' returning 1",
        order_id,
        order_id,
    )
    assert await refused(shop.apply(me, "cancel_order", "e", order_id=order_id, **pins)) == "changed"
    assert await shop.value("select status from shop.orders where order_id = %s", order_id) == "paid"


async def until_waiting(shop: Shop) -> None:
    """Until somebody waits for a lock in this database."""
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    async with asyncio.timeout(20):
        while not await shop.value(query):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("tool", "arguments"), [("cancel_order", {}), ("change_shipping_address", HOME)])
async def test_a_parcel_that_leaves_meanwhile_is_waited_for(shop: Shop, tool: str, arguments: dict[str, Any]) -> None:
    order = await found(shop, status="paid")
    arguments = {"order_id": order.order_id, **arguments}
    pins = (await shop.preview(order.customer_id, tool, **arguments)).pins
    async with shop.connect() as warehouse:
        async with warehouse.transaction():
            await warehouse.execute("update shop.orders set status = 'shipped' where order_id = %s", [order.order_id])
            effect = asyncio.create_task(refused(shop.apply(order.customer_id, tool, "e", **arguments, **pins)))
            await until_waiting(shop)
        assert await effect == {"cancel_order": "already_shipped", "change_shipping_address": "changed"}[tool]
    assert await shop.value("select count(*) from shop.refunds where order_id = %s", order.order_id) == 0


@pytest.mark.parametrize("status", ["shipped", "delivered"])
async def test_an_order_that_left_is_not_cancelled(shop: Shop, status: str) -> None:
    order = await found(shop, status=status)
    assert await refused(shop.preview(order.customer_id, "cancel_order", order_id=order.order_id)) == "already_shipped"
    assert await refused(shop.apply(order.customer_id, "cancel_order", "e", order_id=order.order_id)) == "already_shipped"


@pytest.mark.parametrize("status", ["pending", "paid", "shipped"])
async def test_address_changes_until_delivery(shop: Shop, status: str) -> None:
    order = await found(shop, status=status)
    arguments = {"order_id": order.order_id, **HOME}
    preview = await shop.preview(order.customer_id, "change_shipping_address", **arguments)
    assert preview.facts["address_change_after_shipment"] is (status == "shipped")
    assert "12 Harbour Lane" in preview.shown["New address"]
    assert "Harbour" not in preview.headline
    answer = await shop.apply(order.customer_id, "change_shipping_address", "e", **arguments, **preview.pins)
    assert answer["redirected"] is (status == "shipped")
    now = await shop.read(order.customer_id, "get_order", order_id=order.order_id)
    assert now["ships_to"] == preview.shown["New address"]


@pytest.mark.parametrize("status", ["delivered", "cancelled"])
async def test_address_stays_afterwards(shop: Shop, status: str) -> None:
    order = await found(shop, status=status)
    arguments = {"order_id": order.order_id, **HOME}
    assert await refused(shop.preview(order.customer_id, "change_shipping_address", **arguments)) == status
    assert await refused(shop.apply(order.customer_id, "change_shipping_address", "e", **arguments)) == status


async def test_address_change_ruled_on_before_the_parcel_left_is_stopped(shop: Shop) -> None:
    order = await found(shop, status="paid")
    arguments = {"order_id": order.order_id, **HOME}
    pins = (await shop.preview(order.customer_id, "change_shipping_address", **arguments)).pins
    await shop.value(
        "with o as (update shop.orders set status = 'shipped' where order_id = %s) insert into shop.shipments "
        "(order_id, carrier, tracking_code, shipped_at, due_at) values (%s, 'Swiftway', 'T1', now(), now()) returning 1",
        order.order_id,
        order.order_id,
    )
    assert await refused(shop.apply(order.customer_id, "change_shipping_address", "e", **arguments, **pins)) == "changed"


async def test_address_abroad(shop: Shop) -> None:
    order = await found(shop, status="paid")
    arguments = {"order_id": order.order_id, **HOME}
    me = order.customer_id
    assert await refused(shop.preview(me, "change_shipping_address", country="KP", **arguments)) == "country_not_served"
    assert (await shop.preview(me, "change_shipping_address", country="pt", **arguments)).facts[
        "address_country_change"
    ] is True
    assert (await shop.preview(me, "change_shipping_address", **arguments)).facts["address_country_change"] is False


async def test_one_reset_in_ten_minutes(shop: Shop) -> None:
    me = "C-0001"
    await shop.apply(me, "send_password_reset", "e1")
    for later in (timedelta(0), timedelta(minutes=9, seconds=59)):
        assert await refused(shop.at(NOW + later).preview(me, "send_password_reset")) == "too_soon"
        assert await refused(shop.at(NOW + later).apply(me, "send_password_reset", "e2")) == "too_soon"
    after = shop.at(NOW + timedelta(minutes=10))
    assert (await after.preview(me, "send_password_reset")).facts["password_resets_24h"] == 1
    await after.apply(me, "send_password_reset", "e3")
    assert await shop.value("select count(*) from shop.password_resets where customer_id = 'C-0001'") == 2


async def test_resets_at_once_send_one(shop: Shop) -> None:
    results = await asyncio.gather(
        *(shop.apply("C-0001", "send_password_reset", f"e{n}") for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, dict) for one in results) == 1, results


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("refund_order", {"order_id": "O-10001"}),
        ("refund_order", {"order_id": "O-10001", "amount": 0}),
        ("refund_order", {"order_id": "O-10001", "amount": -5}),
        ("refund_order", {"order_id": "O-10001", "amount": 1.005}),
        ("refund_order", {"order_id": "O-10001", "amount": True}),
        ("refund_order", {"order_id": "O-10001", "amount": float("nan")}),
        ("refund_order", {"order_id": "O-10001", "amount": 100_000.01}),
        ("refund_order", {"order_id": "O-10001", "amount": 5, "customer_id": "C-0002"}),
        ("refund_order", {"order_id": "10001; drop table shop.orders", "amount": 5}),
        ("cancel_order", {"order_id": "O-10001", "reason": "x" * 301}),
        ("change_shipping_address", {"order_id": "O-10001", **HOME, "street": "<b>x</b>"}),
        ("change_shipping_address", {"order_id": "O-10001", **HOME, "city": "a\nb"}),
        ("change_shipping_address", {"order_id": "O-10001", **HOME, "city": "  "}),
        ("send_password_reset", {"email": "me@elsewhere.example"}),
        ("list_orders", {"limit": 51}),
        ("list_orders", {"status": "lost"}),
    ],
)
def test_arguments_out_of_bounds(tool: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        business.by_name[tool].arguments.model_validate(arguments)


@pytest.mark.parametrize("cents", [1, 7, 10, 1999, 8888, 9_999_999, 10_000_000])
def test_money_survives_json(cents: int) -> None:
    model = business.by_name["refund_order"].arguments
    amount = Decimal(cents) / 100
    once = model.model_validate({"order_id": "o-10001", "amount": float(amount)})
    again = model.model_validate_json(once.model_dump_json())
    assert again == once
    assert again.model_dump()["amount"] == amount


def test_pinned_arguments_are_hidden_from_the_model() -> None:
    for tool in business.tools:
        schema = tool.arguments.model_json_schema()
        pinned = {name for name, field in tool.arguments.model_fields.items() if field.title == "pinned"}
        assert not pinned & set(schema.get("properties", {}))
        shown = schema.get("properties", {}).values()
        assert schema["additionalProperties"] is False
        assert all("description" in one for one in shown), tool.name


async def test_previews_declare_their_facts_and_hide_the_person(shop: Shop) -> None:
    types: dict[Shape, tuple[type, ...]] = {FactType.NUMBER: (int, float), FactType.TEXT: (str,), FactType.FLAG: (bool,)}
    order, paid = await delivered(shop, refundable_over=50), await found(shop, status="paid")
    previews = [
        await shop.preview(order.customer_id, "refund_order", order_id=order.order_id, amount=18),
        await shop.preview(paid.customer_id, "cancel_order", order_id=paid.order_id),
        await shop.preview(paid.customer_id, "change_shipping_address", order_id=paid.order_id, **HOME),
        await shop.preview(order.customer_id, "send_password_reset"),
    ]
    for preview in previews:
        for name, value in preview.facts.items():
            assert isinstance(value, types[business.facts[name]]), name
            assert not (business.facts[name] is FactType.NUMBER and isinstance(value, bool)), name
        assert not any(word in preview.headline for word in ("C-0", "O-1", "@", "Lane"))
        assert preview.shown
    assert previews[0].title == f"Refund 18.00 USD for order {order.order_id}"
    assert previews[0].headline == "refund · 18.00 USD"
    assert previews[0].shown["Left after this refund"] == f"{order.refundable - 18:.2f} USD"
    assert {name for preview in previews for name in preview.facts} == set(business.facts), "a fact nobody gives is a trap"


async def test_earlier_refunds_count_across_orders(shop: Shop) -> None:
    me = await shop.value(
        "select customer_id from shop.orders join shop.shipments using (order_id) where delivered_at > %s "
        "and total > 60 group by 1 having count(*) > 1 order by 1 limit 1",
        NOW - timedelta(days=25),
    )
    orders = [one for one in (await shop.read(me, "list_orders"))["orders"] if one["refundable_usd"] > 20][:2]
    before = (await shop.preview(me, "refund_order", order_id=orders[1]["order_id"], amount=10)).facts
    await shop.apply(me, "refund_order", "e1", order_id=orders[0]["order_id"], amount=15.5)
    after = (await shop.preview(me, "refund_order", order_id=orders[1]["order_id"], amount=10)).facts
    assert after["customer_refunded_30d_usd"] == before["customer_refunded_30d_usd"] + 15.5
    assert after["customer_refund_total_30d_usd"] == after["customer_refunded_30d_usd"] + 10
    assert after["refunds_on_order"] == before["refunds_on_order"]


async def test_the_same_effect_is_never_written_twice(shop: Shop) -> None:
    order = await delivered(shop, refundable_over=50)
    await shop.apply(order.customer_id, "refund_order", "same", order_id=order.order_id, amount=5)
    with pytest.raises(Exception, match="refunds_effect_id_key"):
        await shop.apply(order.customer_id, "refund_order", "same", order_id=order.order_id, amount=5)
    assert await shop.value("select count(*) from shop.refunds where effect_id = 'same'") == 1


async def merged(shop: Shop, one: str, other: str) -> None:
    async with shop.connect() as connection:
        await connection.execute(
            b"""insert into handrail.customer_links (merged, kept, reason, contradictions, by, at)
            values (%s, %s, 'said so', '{}', 'ann', now())""",
            [one, other],
        )


async def test_orders_of_a_merged_id_are_the_customers_own_until_the_merge_is_undone(shop: Shop) -> None:
    theirs = await delivered(shop, refundable_over=60)
    async with shop.connect() as connection:
        mine = next(
            one for one in await find(connection, now=NOW, limit=50, status="paid") if one.customer_id != theirs.customer_id
        )
    who, order = mine.customer_id, {"order_id": theirs.order_id}
    refund = {**order, "amount": "20.00", "reason": "broken"}

    async def listed() -> set[str]:
        return {one["order_id"] for one in (await shop.read(who, "list_orders", limit=50))["orders"]}

    async def unknown() -> None:
        for tool in ("get_order", "refund_eligibility", "list_payments"):
            assert await refused(shop.read(who, tool, **order)) == "not_found"
        assert await refused(shop.preview(who, "refund_order", **refund)) == "not_found"
        assert await refused(shop.apply(who, "refund_order", "e-none", **refund)) == "not_found"

    await unknown()
    before = await listed()
    await merged(shop, theirs.customer_id, who)
    assert await listed() > {theirs.order_id} | before
    assert (await shop.read(who, "get_order", **order))["order_id"] == theirs.order_id
    preview = await shop.preview(who, "refund_order", **refund)
    assert preview.shown["Customer"] == theirs.customer_id
    spent = preview.facts["customer_refunded_30d_usd"]
    await shop.apply(who, "refund_order", "e-1", **refund)
    for one in (who, theirs.customer_id):
        again = await shop.preview(one, "refund_order", **refund)
        assert again.facts["customer_refunded_30d_usd"] == spent + 20, "what went back counts under each id"
        async with shop.connect() as connection:
            assert business.customer is not None
            facts = await business.customer(connection, one, NOW)
        assert facts["orders"] == len(await listed())
        assert facts["refunds_90d"] == 1
    assert (await shop.read(who, "get_customer"))["orders"] == len(await listed())
    assert (await shop.read(who, "get_customer"))["customer_id"] == who, "the account stays the case's own"
    async with shop.connect() as connection:
        await connection.execute(
            b"update handrail.customer_links set undone_by = 'a', undone_because = 'b', undone_at = now()"
        )
    await unknown()
    assert await listed() == before


async def test_two_refunds_to_one_person_under_two_ids_are_not_each_the_first(shop: Shop) -> None:
    async with shop.connect() as connection:
        one, other = await find(connection, now=NOW, limit=2, refundable_over=60, status="delivered", refunded=False)
    await merged(shop, one.customer_id, other.customer_id)
    wanted = [(order, {"order_id": order.order_id, "amount": "20.00", "reason": "broken"}) for order in (one, other)]
    pinned = [
        (order, {**asked, **(await shop.preview(order.customer_id, "refund_order", **asked)).pins}) for order, asked in wanted
    ]
    done = await asyncio.gather(
        *(shop.apply(order.customer_id, "refund_order", f"e-{order.order_id}", **asked) for order, asked in pinned),
        return_exceptions=True,
    )
    (no,) = (result for result in done if isinstance(result, BaseException))
    assert isinstance(no, BusinessRefused)
    assert no.code == "changed"
