"""An edited graph that cannot hand a case over, and a business whose functions raise: a person gets the case all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from temporalio.client import Client

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.views import ActView, EndView
from handrail.business import Business, load_business
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import OutcomeUnknown
from tests.support.deployed import deployed
from tests.support.house import House, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import HELD, decision

PERSON = "I want to talk to a person, please."
SHOP = load_business("handrail.shop")


async def says_nothing(state: EndView) -> dict[str, Any]:
    """Forgets the outcome."""
    return {}


async def raises(state: EndView) -> dict[str, Any]:
    """A defect."""
    raise ValueError("edited")


def without_outcome(nodes: CaseNodes) -> CaseGraph:
    return build_case_graph(replace(nodes, escalate=says_nothing))


def raising(nodes: CaseNodes) -> CaseGraph:
    return build_case_graph(replace(nodes, escalate=raises))


def looping(nodes: CaseNodes) -> CaseGraph:
    graph = build_case_graph(replace(nodes, escalate=says_nothing))
    graph.edges = {(start, "escalate" if start == "escalate" else end) for start, end in graph.edges}
    return graph


@pytest.mark.parametrize("build", [without_outcome, raising, looping])
async def test_a_graph_that_cannot_hand_over_does_not_spin(home: House, build: Callable[[CaseNodes], CaseGraph]) -> None:
    order = await home.order(status="shipped")
    async with deployed(home, build) as edited:
        case = await edited.open(order.customer_id, f"{PERSON} It is about {order.order_id}.")
        assert (case.status, case.reason) == ("WithHuman", "customer_asked")
        await edited.cases.claim(case.case_id, "bea")
        packet = await edited.cases.handoff(case.case_id)
        await wait_for(partial(queued, edited, case.case_id))
        history = await edited.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    assert packet is not None
    assert any("could not be handed over in full" in one for one in packet.absent)
    assert order.order_id in packet.wanted
    assert order.order_id in {one.value for one in packet.stated}
    assert len(history.events) < 200


def cut_off(nodes: CaseNodes) -> CaseGraph:
    """Makes effects and loses their answers; and cannot hand over."""

    async def act(state: ActView) -> dict[str, Any]:
        await nodes.act(state)
        raise OutcomeUnknown("The answer was lost.")

    return build_case_graph(replace(nodes, act=act, escalate=raises))


async def test_a_packet_without_the_ledger_does_not_say_that_nothing_was_done(home: House) -> None:
    held = await home.order(**HELD)
    async with deployed(home, cut_off) as edited:
        case = await edited.open(held.customer_id, f"Please refund order {held.order_id}, that is {held.refundable} USD.")
        await edited.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
        case = await edited.until(case.case_id, lambda view: view.status == "WithHuman")
        packet = await edited.cases.handoff(case.case_id)
    assert case.reason == "outcome_unknown"
    assert await home.rows("select status from handrail.effects where case_id = %(c)s", c=case.case_id) == [("applied",)]
    assert packet is not None
    assert not any("NOT carried out" in line for line in packet.tried)
    assert "nobody has looked whether it was done" in packet.next_step
    assert any("The ledger was not read" in one for one in packet.absent)


async def queued(place: House, case_id: str) -> list[tuple[Any, ...]]:
    """Its place in the queue; the case itself knows a moment before PostgreSQL does."""
    return await place.rows("select queue from handrail.queue_items where case_id = %(c)s", c=case_id)


async def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the business is broken")


async def hanging(*_: Any, **__: Any) -> Any:
    await asyncio.sleep(3_600)


def ways() -> dict[str, Business]:
    """The shop with one of its functions broken."""
    tools = tuple(replace(one, run=broken) for one in SHOP.tools)
    previews = tuple(replace(one, preview=broken if one.preview else None) for one in SHOP.tools)
    return {
        "customer raises": replace(SHOP, customer=broken),
        "customer hangs": replace(SHOP, customer=hanging),
        "known_customer raises": replace(SHOP, known_customer=broken),
        "known_customer hangs": replace(SHOP, known_customer=hanging),
        "tools raise": replace(SHOP, tools=tools),
        "tools hang": replace(SHOP, tools=tuple(replace(one, run=hanging) for one in SHOP.tools)),
        "previews raise": replace(SHOP, tools=previews),
    }


Played = dict[str, list[CaseView] | BaseException]


@pytest.fixture(scope="module")
async def played(at_home: House, temporal_client: Client, shop_url: str, scripted_model: ScriptedModel) -> Played:
    """Three cases of each broken business, all at once: most of the time is spent in waiting for what does not come."""
    await at_home.model.clear()
    order = await at_home.order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    said = (PERSON, "My lawyer will sue you.", f"Please refund order {order.order_id}, {order.refundable} USD.")

    async def play(way: str) -> list[CaseView]:
        async with house(temporal_client, shop_url, scripted_model.root, business=way) as place:
            found = await asyncio.gather(*(place.open(order.customer_id, text) for text in said))
            for one in found[:2]:
                await place.cases.claim(one.case_id, "bea")
            for one in found[:2]:
                await wait_for(partial(queued, place, one.case_id))
            return found

    with patch("handrail.outside.loading.load_business", ways().__getitem__):
        found = await asyncio.gather(*map(play, ways()), return_exceptions=True)
    return dict(zip(ways(), found, strict=True))


@pytest.mark.parametrize("way", ways())
def test_a_broken_business_keeps_nobody_from_a_person(played: Played, way: str) -> None:
    found = played[way]
    if isinstance(found, BaseException):
        raise found
    assert [one.status for one in found[:2]] == ["WithHuman", "WithHuman"]
    assert found[2].status in ("WithHuman", "AwaitingApproval")
