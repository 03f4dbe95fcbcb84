"""A worker that is told to stop: it takes nothing new, lets its turns end for a while, and hurries when told again."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from handrail.embedded.process import Child
from tests.acceptance.killing import HeldWorker, Stack, stack, true
from tests.acceptance.test_killing import ask, ask_slowly, attempts, held_at

SLOW = 3.0


@pytest.fixture(scope="module")
async def town(servers: Path) -> AsyncIterator[Stack]:
    async with stack(servers / "draining") as running:
        yield running


@pytest.fixture(autouse=True)
async def whole(town: Stack) -> AsyncIterator[None]:
    """Everything runs before a test; after it, every promise still holds."""
    await town.model.clear()
    yield
    town.let_go()
    await town.start(*(name for name in town.parts if name not in town.children))
    await town.check()


def tell(town: Stack) -> Child:
    """Ask the worker to stop, as a cluster does."""
    os.kill(town.children["worker"].pid, signal.SIGTERM)
    return town.children["worker"]


async def gone(child: Child) -> int:
    """How the worker ended."""

    async def ended() -> bool:
        return child.exited() is not None

    await true(ended)
    code = child.exited()
    assert code is not None
    return code


async def test_a_turn_ends_in_the_worker_that_is_told_to_stop_and_nothing_new_is_taken(town: Stack) -> None:
    case_id, order_id = await ask_slowly(town, SLOW)
    worker = tell(town)
    assert await gone(worker) == 0
    town.children.pop("worker").stop()
    (answered,) = await town.rows("select status from handrail.cases where case_id = %(c)s", c=case_id)
    assert answered[0] in ("Resolved", "AwaitingCustomer")
    late = await ask(town)
    assert await town.rows("select 1 from handrail.messages where case_id = %(c)s and author = 'assistant'", c=late) == []
    await town.start("worker")
    assert order_id in ((await town.at_rest(case_id)).reply or "")
    assert (await town.at_rest(late)).status in ("Resolved", "AwaitingCustomer")
    assert await attempts(town, case_id, "case.turn") == 1
    assert len(await town.model.requests(order_id)) == 1, "no answer was paid for twice"


async def test_a_turn_that_takes_longer_than_the_grace_goes_on_elsewhere_behind_its_last_answer(town: Stack) -> None:
    usual = town.parts["worker"]
    assert isinstance(usual, HeldWorker)
    hasty = replace(usual, environment=lambda: {**usual.environment(), "HANDRAIL_DRAIN_SECONDS": "0.5"})
    await restarted(town, hasty)
    case_id, order_id = await held_at(town, "note.after 2")
    await town.reached(case_id)
    assert await gone(tell(town)) == 0
    town.let_go()
    await restarted(town, usual)
    case = await town.at_rest(case_id)
    assert [one.status for one in case.effects] == ["applied"]
    assert len(await town.rows("select 1 from shop.refunds where order_id = %(o)s", o=order_id)) == 1
    assert await attempts(town, case_id, "case.turn") == 2
    control, _ = await held_at(town, "")
    await town.at_rest(control)
    assert len(await town.model.requests(case_id)) == len(await town.model.requests(control)), "no answer was asked for twice"


async def restarted(town: Stack, worker: HeldWorker) -> None:
    """This worker runs instead of the one that does."""
    town.children.pop("worker").stop()
    town.parts["worker"] = worker
    await town.start("worker")


async def test_the_second_signal_ends_the_worker_at_once(town: Stack) -> None:
    case_id, order_id = await ask_slowly(town, 60)
    worker = tell(town)

    async def draining() -> bool:
        return any("draining" in line for line in worker.tail(20))

    await true(draining)
    tell(town)
    assert await gone(worker) == 128 + signal.SIGTERM
    town.children.pop("worker").stop()
    await town.model.clear()
    await town.start("worker")
    assert order_id in ((await town.at_rest(case_id)).reply or "")
