"""The retail example's tools on PostgreSQL against its reference: thousands of calls, good and bad, and every row equal."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pydantic import ValidationError

from examples.retail import business
from examples.retail.data import loading
from examples.retail.data.document import Database
from examples.retail.tasks.reference import Reference, ToolRefused
from handrail.business import Call, Kind
from handrail.domain.errors import BusinessRefused
from handrail.embedded.postgres import Postgres
from handrail.postgres.migrations import load
from handrail.postgres.pool import Connection
from tests.support import retailer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALLS = 400
EFFECTS = [tool.name for tool in business.tools if tool.kind is Kind.EFFECT]


@pytest.fixture
async def connection(postgres: Postgres, postgres_url: str) -> AsyncIterator[Connection]:
    """The invented shop in a database of its own; everything in one transaction."""
    name = sql.Identifier("retail_example")
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
        await admin.execute(sql.SQL("create database {}").format(name))
        async with await psycopg.AsyncConnection.connect(postgres.url_of("retail_example")) as connection:
            assert business.migrations is not None
            for migration in load(business.name, business.migrations):
                await connection.execute(migration.sql.encode())
            await loading.copy(connection, Database.model_validate(retailer.shop()))
            yield connection
            await connection.rollback()
        await admin.execute(sql.SQL("drop database {} with (force)").format(name))


async def call(connection: Connection, customer: str, tool: str, arguments: dict[str, Any]) -> bool:
    """Preview, then run with what the preview pinned, as the guardrail and the ledger do; whether it was taken."""
    known = business.by_name[tool]
    about = Call("c", customer, connection, NOON, "e")
    try:
        async with connection.transaction():
            valid = known.arguments.model_validate(arguments)
            assert known.preview is not None
            seen = await known.preview(about, valid)
            assert set(seen.facts) <= set(business.facts)
            await known.run(about, known.arguments.model_validate({**valid.model_dump(mode="json"), **seen.pins}))
    except (BusinessRefused, ValidationError):
        return False
    return True


@dataclass
class Chance:
    """Calls that are right often enough to matter."""

    random: random.Random
    shop: dict[str, Any] = field(default_factory=retailer.shop)

    def call(self, db: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        tool, order_id = self.random.choice(EFFECTS), self.random.choice(sorted(db["orders"]))
        order = db["orders"][order_id]
        method = self.random.choice([*db["users"][order["user_id"]]["payment_methods"]] * 3 + ["card_ben", "gift_ada"])
        items = self.random.sample([item["item_id"] for item in order["items"]], self.random.randint(1, len(order["items"])))
        address = self.random.choice([retailer.ADDRESS, retailer.ELSEWHERE])
        given: dict[str, Any] = {
            "order_id": order_id,
            "user_id": order["user_id"],
            "payment_method_id": method,
            "item_ids": items if self.random.random() < 0.9 else [*items, "lamp-gold"],
            "new_item_ids": [self._other(item) for item in items],
            "reason": self.random.choice(["no longer needed", "ordered by mistake", "cheaper elsewhere"]),
            **address,
        }
        fields = business.by_name[tool].arguments.model_fields
        return tool, order["user_id"], {name: value for name, value in given.items() if name in fields}

    def _other(self, item_id: str) -> str:
        one, _ = retailer.ITEMS[item_id]
        pool = sorted(one["variants"]) if self.random.random() < 0.9 else sorted(retailer.ITEMS)
        return str(self.random.choice(pool))


async def test_the_tools_do_what_the_reference_does(connection: Connection) -> None:
    taken: set[str] = set()
    for seed in range(CALLS // 20):
        chance = Chance(random.Random(seed))
        reference = Reference(retailer.shop())
        async with connection.transaction(force_rollback=True):
            for _ in range(20):
                tool, customer, arguments = chance.call(reference.db)
                try:
                    reference.apply(tool, arguments)
                    wanted = True
                except ToolRefused:
                    wanted = False
                assert await call(connection, customer, tool, arguments) is wanted, (seed, tool, arguments)
                taken |= {tool} if wanted else set()
            assert (await loading.snapshot(connection)).plain() == Database.model_validate(reference.db).plain()
    assert taken == set(EFFECTS)


@pytest.mark.parametrize("tool", EFFECTS)
async def test_no_tool_touches_what_is_another_customers(connection: Connection, tool: str) -> None:
    fields = business.by_name[tool].arguments.model_fields
    given = {
        "order_id": "#B2" if "delivered" in tool else "#B1",
        "user_id": "ben_moss_2",
        "payment_method_id": "card_ben" if tool != "modify_pending_order_payment" else "gift_ben",
        "item_ids": ["mug-s"] if "delivered" in tool else ["lamp-gold"],
        "new_item_ids": ["mug-m"] if "delivered" in tool else ["lamp-red"],
        "reason": "no longer needed",
        **retailer.ELSEWHERE,
    }
    arguments = {name: value for name, value in given.items() if name in fields}

    assert not await call(connection, "ada_lark_1", tool, arguments)

    assert (await loading.snapshot(connection)).plain() == retailer.shop()


async def test_reads_answer_for_the_cases_own_customer_only(connection: Connection) -> None:
    async def read(tool: str, **arguments: Any) -> dict[str, Any]:
        known = business.by_name[tool]
        return await known.run(Call("c", "ada_lark_1", connection, NOON), known.arguments.model_validate(arguments))

    assert (await read("find_user_id_by_name_zip", first_name="ada", last_name="LARK", zip="10001"))["user_id"] == "ada_lark_1"
    assert (await read("get_order_details", order_id="#A3"))["status"] == "delivered"
    assert (await read("calculate", expression="2 * (3.5 + 1) - 1/4")) == {"result": "8.75"}
    said = set()
    for tool, arguments in [
        ("find_user_id_by_email", {"email": "ben_moss_2@example.com"}),
        ("find_user_id_by_email", {"email": "nobody@example.com"}),
        ("get_user_details", {"user_id": "ben_moss_2"}),
        ("get_user_details", {"user_id": "nobody"}),
    ]:
        with pytest.raises(BusinessRefused) as refused:
            await read(tool, **arguments)
        said.add(str(refused.value))
    assert len(said) == 1, "what is another customer's looks like what does not exist"
    for expression in ("2 ** 99999", "__import__('os')", "1/0", "(1", "True"):
        with pytest.raises(BusinessRefused):
            await read("calculate", expression=expression)
