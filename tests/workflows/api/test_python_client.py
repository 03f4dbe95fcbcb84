"""The typed client against the API over a real port: what waits for people, and controls, with an event loop and without."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from handrail.client import AsyncHandrail, Handrail, calls
from handrail.domain.access.principals import ApiScope, ScopeMissing
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import InvalidInput
from handrail.domain.http.people import ClearBody, ControlBody
from tests.support.house import House
from tests.workflows.agents.conftest import Agency, agency
from tests.workflows.api.conftest import backend, fresh

SCOPES = set(ApiScope) - {ApiScope.AGENTS_ACT}
Does = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def calling(home: House, house: Agency, scopes: set[ApiScope], *, sync: bool) -> AsyncIterator[Does]:
    """A function that calls a method of the one client or the other, as Olga."""
    async with await backend(home, house.app, sorted(scopes), "olga") as olga:
        if sync:
            with Handrail(house.at, olga.secret) as client:
                yield lambda name, *given, **named: asyncio.to_thread(getattr(client, name), *given, **named)
        else:
            async with AsyncHandrail(house.at, olga.secret) as client_of_a_loop:
                yield lambda name, *given, **named: getattr(client_of_a_loop, name)(*given, **named)


@pytest.mark.parametrize("sync", [True, False])
async def test_the_queue_is_read_and_a_case_taken_over_by_name(home: House, sync: bool) -> None:
    order = await home.order(status="shipped")
    async with agency(home) as house, calling(home, house, SCOPES, sync=sync) as does:
        case = await does("open_case", order.customer_id, "I want to talk to a person.", key=fresh(), wait=30)
        view = await home.until(case.case_id, lambda one: one.status == "WithHuman")
        page = await does("queue", limit=200)
        assert page.waiting >= 1
        (item,) = [one for one in page.items if one.case_id == case.case_id]
        assert item.queue == view.queue
        assert case.case_id in [one.case_id for one in (await does("queue", item.queue, limit=200)).items]
        assert (await does("queue", "no-such-queue")).items == []
        assert len((await does("queue", limit=1)).items) == 1
        with pytest.raises(InvalidInput, match="limit"):
            await does("queue", limit=0)
        await home.cases.claim(case.case_id, "bea")
        taken = await does("claim", case.case_id, instead_of="bea")
        assert taken.case_id == case.case_id
        assert (await home.cases.status(case.case_id)).assignee == "olga"


@pytest.mark.parametrize("sync", [True, False])
async def test_controls_are_set_read_and_lifted(home: House, sync: bool) -> None:
    async with agency(home) as house:
        async with calling(home, house, SCOPES, sync=sync) as does:
            held = await does("set_control", "segment:vip", Autonomy.REVIEW, "a test", minutes=5)
            assert (held.scope, held.level, held.actor, held.expires_at is None) == (
                "segment:vip",
                Autonomy.REVIEW,
                "olga",
                False,
            )
            assert held in await does("controls")
            with pytest.raises(InvalidInput, match=r"there is no topic 'nonesuch' here\. Known:"):
                await does("set_control", "topic:nonesuch", Autonomy.OFF, "a test")
            assert held.control_id in [one.control_id for one in await does("clear_controls", "segment:vip", "done")]
            assert held.control_id not in [one.control_id for one in await does("controls")]
        async with calling(home, house, {ApiScope.CASES_READ}, sync=sync) as does:
            for name, given in (("controls", ()), ("queue", ()), ("clear_controls", ("segment:vip", "done"))):
                with pytest.raises(ScopeMissing):
                    await does(name, *given)


def test_a_control_whose_answer_was_lost_is_not_set_a_second_time() -> None:
    for call in (
        calls.set_control(ControlBody(scope="global", level=Autonomy.OFF, reason="a test")),
        calls.clear_controls(ClearBody(scope="global", reason="a test")),
    ):
        assert call.again(None, 1) is None
    assert calls.controls().again(None, 1) is not None
    assert calls.queue(None, 50).again(None, 1) is not None


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, str]:
        found = {name: one for name, one in vars(kind).items() if inspect.isfunction(one) and not name.startswith("_")}
        return {name: str(inspect.signature(one)).replace("AsyncIterator", "Iterator") for name, one in found.items()}

    assert methods(Handrail) == methods(AsyncHandrail)
