"""The seeded shop: the same data from the same seed, whole, varied, and guarded by its constraints."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.errors import BusinessRefused
from handrail.policies.loader import FilePolicies
from handrail.policies.names import of_business
from handrail.shop import business
from handrail.shop.demonstration.generator import generate
from handrail.shop.demonstration.samples import SAMPLES, samples
from handrail.shop.demonstration.seeding import fill
from handrail.shop.records.find import find
from tests.postgres.shop.harness import ANCHOR, NOW, SEED, Shop


def test_same_seed_same_data() -> None:
    assert generate(SEED, ANCHOR) == generate(SEED, ANCHOR)
    assert generate(SEED, ANCHOR) != generate(SEED + 1, ANCHOR)


def test_another_anchor_moves_only_the_dates() -> None:
    year = timedelta(days=366)
    now, later = generate(SEED, ANCHOR), generate(SEED, ANCHOR + year)

    def moved(values: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(value + year if isinstance(value, datetime) else value for value in values)

    for table in vars(now):
        assert [moved(values) for values in getattr(now, table)] == getattr(later, table), table


async def test_a_full_shop_stays_as_it_is(shop: Shop) -> None:
    assert await shop.value("select count(*) from shop.customers") == 1_000
    assert await shop.value("select count(*) from shop.orders") == 5_000
    async with shop.connect() as connection:
        assert not await fill(connection, SEED + 1, ANCHOR)
    assert await shop.value("select count(*) from shop.orders") == 5_000


async def test_seeding_is_quick(shop: Shop) -> None:
    started = time.perf_counter()
    await shop.refill(SEED, ANCHOR)
    assert time.perf_counter() - started < 6, "0.4 s on a quiet machine; the aim is 3"


@pytest.mark.parametrize(
    ("what", "query"),
    [
        (
            "total is lines and shipping",
            "select count(*) from shop.orders o where total <> shipping + (select sum(amount) from shop.order_lines l "
            "where l.order_id = o.order_id)",
        ),
        (
            "refunded is what its refunds say",
            "select count(*) from shop.payments p where refunded <> coalesce((select sum(amount) from shop.refunds r "
            "where r.payment_id = p.payment_id), 0)",
        ),
        (
            "captured is the order's total",
            "select count(*) from shop.payments join shop.orders using (order_id) "
            "where payments.status = 'captured' and amount <> total",
        ),
        (
            "paid, shipped and delivered orders have money",
            "select count(*) from shop.orders o where status in ('paid', 'shipped', 'delivered') and not exists "
            "(select from shop.payments p where p.order_id = o.order_id and p.status = 'captured')",
        ),
        (
            "status and shipment agree",
            "select count(*) from shop.orders left join shop.shipments using (order_id) "
            "where (shipped_at is not null) <> (status in ('shipped', 'delivered')) "
            "or (delivered_at is not null) <> (status = 'delivered')",
        ),
        (
            "a cancelled order's money went back",
            "select count(*) from shop.orders join shop.payments using (order_id) "
            "where orders.status = 'cancelled' and payments.status = 'captured' and refunded <> amount",
        ),
        ("nothing lies in the future", "select count(*) from shop.refunds where created_at > '2031-03-14'"),
    ],
)
async def test_data_agrees_with_itself(shop: Shop, what: str, query: str) -> None:
    assert await shop.value(query) == 0, what


async def test_data_is_varied(shop: Shop) -> None:
    for status in ("pending", "paid", "shipped", "delivered", "cancelled"):
        assert await shop.value("select count(*) from shop.orders where status = %s", status) > 200
    assert await shop.value("select min(total) from shop.orders") < 15
    assert await shop.value("select count(*) from shop.orders where total > 1000") > 50
    assert await shop.value("select count(*) from shop.orders where total between 20 and 100") > 1000
    assert await shop.value("select count(*) from shop.payments where refunded > 0 and refunded < amount") > 50
    assert await shop.value("select count(*) from shop.order_lines where quantity > 1") > 1000
    assert await shop.value("select count(*) from shop.order_lines where quantity = 260") > 0
    recent = "select count(*) from shop.shipments where delivered_at > %s"
    assert await shop.value(recent, NOW - timedelta(days=30)) > 1000


async def test_find_gives_what_was_asked(shop: Shop) -> None:
    async with shop.connect() as connection:
        large = await find(connection, refundable_over=100, delivered_within_days=25, now=NOW, limit=500)
        paid = await find(connection, status="paid", shipped=False, total_under=50.5, now=NOW, limit=500)
        bulk = await find(connection, quantity_over=20, now=NOW)
        mine = await find(connection, customer_id=large[0].customer_id, now=NOW)
        none = await find(connection, refundable_over=1_000_000, now=NOW)
    assert len(large) > 100
    assert len({order.customer_id for order in large}) == len(large)
    assert all(order.refundable > 100 and order.max_quantity <= 20 for order in large)
    assert all(order.delivered_at and NOW - order.delivered_at < timedelta(days=25) for order in large)
    assert not any(order.customer_refunded for order in large[:100])
    assert len(paid) > 20
    assert all(order.status == "paid" and order.total < Decimal("50.5") and not order.shipped_at for order in paid)
    assert bulk
    assert all(order.max_quantity > 20 for order in bulk)
    assert {order.customer_id for order in mine} == {large[0].customer_id}
    assert none == []
    assert isinstance(large[0].model_dump(mode="json")["refundable"], float)


RULINGS = {
    "refund": ("refund_order", Ruling.ALLOW),
    "refund held": ("refund_order", Ruling.REQUIRE_APPROVAL),
    "refund blocked": ("refund_order", Ruling.BLOCK),
    "second refund held": ("refund_order", Ruling.REQUIRE_APPROVAL),
    "cancel": ("cancel_order", Ruling.ALLOW),
    "cancel held": ("cancel_order", Ruling.REQUIRE_APPROVAL),
    "address": ("change_shipping_address", Ruling.ALLOW),
    "address held": ("change_shipping_address", Ruling.REQUIRE_APPROVAL),
    "password": ("send_password_reset", Ruling.ALLOW),
}


async def test_samples_take_the_paths_that_they_are_for(shop: Shop) -> None:
    """Each names a real order of its own customer, and what it asks for is ruled on as its path says."""
    today = datetime.now(UTC)
    await shop.refill(SEED, today.replace(hour=0, minute=0, second=0, microsecond=0))
    async with shop.connect() as connection:
        found = await samples(connection)
    assert len(found) == len(SAMPLES)
    assert len({customer for customer, _ in found}) == len(found), "a sample must not use up another's thresholds"
    policies = FilePolicies.of(business.folder / "policies", business)
    for (customer, text), sample in zip(found, SAMPLES, strict=True):
        assert not {"{", "}"} & set(text)
        named = dict(zip(("order_id",), re.findall(r"O-\d+", text), strict=False))
        assert bool(named) is ("{order}" in sample.text)
        if named:
            assert (await shop.read(customer, "get_order", **named))["order_id"] == named["order_id"]
        if sample.path in RULINGS:
            tool, expected = RULINGS[sample.path]
            amount = re.search(r"(\d+\.\d\d) USD", text)
            rest = {"amount": amount[1]} if amount else {}
            address = (
                {"street": "1 Quay Street", "postal_code": "1", "city": "X", "country": "US"} if "addr" in sample.path else {}
            )
            preview = await shop.at(today).preview(customer, tool, **named, **rest, **address)
            proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action=tool, arguments={}, arguments_hash="")
            facts = {**dict.fromkeys(of_business(business).history, 0), **preview.facts}
            assert policies.rule(proposal, facts).ruling is expected, (sample.path, facts)


async def test_samples_need_a_seeded_shop(shop: Shop) -> None:
    async with shop.connect() as connection:
        await connection.execute("truncate shop.shipments")
        with pytest.raises(BusinessRefused, match="seed an empty database"):
            await samples(connection)


@pytest.mark.parametrize(
    "statement",
    [
        "update shop.payments set refunded = amount + 0.01 where status = 'captured'",
        "insert into shop.refunds (payment_id, order_id, amount, origin, created_at) "
        "select payment_id, order_id, amount - refunded + 0.01, 'refund', now() from shop.payments "
        "where status = 'captured' limit 1",
        "insert into shop.refunds (payment_id, order_id, amount, origin, created_at) "
        "select payment_id, order_id, 1, 'refund', now() from shop.payments where status = 'authorised' limit 1",
        "insert into shop.refunds (payment_id, order_id, amount, origin, created_at) "
        "select payment_id, 'O-10001', 1, 'refund', now() from shop.payments where order_id <> 'O-10001' "
        "and status = 'captured' and refunded = 0 limit 1",
        "update shop.refunds set amount = 0.01",
        "delete from shop.refunds",
        "update shop.order_lines set quantity = 0",
        "update shop.order_lines set quantity = -1",
        "update shop.orders set total = -5",
        "update shop.orders set address_id = address_id % 1000 + 1",
        "update shop.orders set status = 'cancelled' where status = 'paid'",
        "insert into shop.payments select 'P-99999', order_id, method, status, amount, 0, created_at, captured_at "
        "from shop.payments where status = 'captured' limit 1",
    ],
)
async def test_the_database_itself_refuses(shop: Shop, statement: str) -> None:
    async with shop.connect() as connection:
        with pytest.raises((psycopg.errors.IntegrityError, psycopg.errors.RaiseException)):
            await connection.execute(statement.encode())
