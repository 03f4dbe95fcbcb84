"""Prometheus itself collects a stack, with what is shipped for it: parts are up, rules and panels find their series."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.killing import true
from tests.acceptance.watched_stack import Watched, watched
from tests.support.prometheus import NO_PROMETHEUS, PROMETHEUS, Prometheus, panels, prometheus

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=NO_PROMETHEUS)
HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
LATER = "model: Outcomes, newest seven days"
"""Counted every quarter of an hour; no number before cases are old enough."""


@dataclass
class Collected:
    """A stack that a Prometheus collects."""

    stack: Watched
    prometheus: Prometheus


@pytest.fixture(scope="module")
async def collected(servers: Path) -> AsyncIterator[Collected]:
    async with watched(servers / "collected", {}) as stack:
        jobs = {"handrail-worker": stack.worker, "handrail-api": stack.api}
        async with prometheus(servers / "prometheus", jobs) as server:
            await true(server.ready)
            yield Collected(stack, server)


async def test_a_fresh_stack_is_up_and_no_rule_is_about_to_fire(collected: Collected) -> None:
    server = collected.prometheus

    async def all_collected() -> bool:
        read = await server.values("handrail_record_read_timestamp_seconds")
        return len(read) == 2 and set((await server.targets()).values()) == {""}

    async def all_evaluated() -> bool:
        return all(rule["health"] == "ok" for rule in await server.rules())

    await true(all_collected)
    await true(all_evaluated)
    for rule in await server.rules():
        assert await server.values(rule["query"]) == [], rule["name"]
    assert await server.values('handrail_background_trouble{work="the figures of the record"}') == [0, 0], "worker and API"
    # A counter that begins with its first event hides it.
    assert len(await server.values('handrail_verdicts_total{rule=~".+/.+"}')) > 10


async def test_every_panel_has_data_once_cases_come(collected: Collected) -> None:
    stack, server = collected.stack, collected.prometheus
    await true(lambda: server.values("handrail_turns_total"))
    for number in range(2):  # a time is measured from the second one on: with the first its series begin
        order = await stack.city.order(status="shipped")
        await stack.ask(order.customer_id, f"Where is my order {order.order_id}?", f"asked-{number}")
        person = await stack.city.order(status="shipped")
        await stack.ask(person.customer_id, "I want to speak to a person.", f"person-{number}")
        refund = await stack.city.order(**HELD)
        words = f"Please refund order {refund.order_id}, that is {refund.refundable} USD."
        case_id = await stack.ask(refund.customer_id, words, f"refund-{number}")
        await stack.approve(case_id, f"approved-{number}")
        await stack.city.at_rest(case_id)
        await all_counted(server, "sum(handrail_turns_total)", 4 * (number + 1))
    empty = {}
    for panel, expression in panels():
        values = await server.values(expression)
        if not values or (panel != LATER and all(map(math.isnan, values))):
            empty[panel] = values
    assert empty == {}


async def all_counted(server: Prometheus, expression: str, least: float) -> None:
    """Wait until so many are collected."""

    async def counted() -> bool:
        return sum(await server.values(expression)) >= least

    await true(counted)
