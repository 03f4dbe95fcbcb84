"""A turn that has lost its case, to another attempt, to a person or to its end, and does not know: it makes nothing more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from activities.turns import Pulse
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.case.turns import TurnKey, TurnSuperseded
from handrail.postgres.business.tools import PostgresRecord
from tests.support.house import House, wait_for
from tests.support.menus import Page

SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
LEDGER = "select status from handrail.actions where case_id = %(c)s and kind = 'effect'"
REFUNDS = "select 1 from shop.refunds where order_id = %(o)s"


class Frozen:
    """A worker that freezes just before each effect and hears of nothing until it is woken: `efforts`, in order."""

    def __init__(self) -> None:
        self.efforts: list[asyncio.Task[EffectResult]] = []
        self.woken: list[asyncio.Event] = []
        self.keys: list[TurnKey] = []
        self._apply = PostgresRecord.apply

    async def apply(self, record: PostgresRecord, effect: Effect) -> EffectResult:
        """Make the effect once woken, whatever became of the activity meanwhile."""
        self.woken.append(asyncio.Event())
        assert effect.turn
        self.keys.append(effect.turn)
        self.efforts.append(asyncio.create_task(self._later(record, effect, self.woken[-1])))
        return await asyncio.shield(self.efforts[-1])

    async def wake(self, place: int) -> EffectResult | BaseException:
        """What comes of the effort of this place."""
        self.woken[place].set()
        (found,) = await asyncio.gather(self.efforts[place], return_exceptions=True)
        return found

    async def tried(self, times: int) -> bool:
        return len(self.efforts) >= times

    async def _later(self, record: PostgresRecord, effect: Effect, woken: asyncio.Event) -> EffectResult:
        await woken.wait()
        return await self._apply(record, effect)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Frozen:
    """The worker of this test: of its first turn Temporal hears nothing either."""
    worker, beating, silent = Frozen(), Pulse.forever, list[Pulse]()

    async def forever(pulse: Pulse) -> None:
        silent.append(pulse)
        await (beating(pulse) if len(silent) > 1 else asyncio.Event().wait())

    async def apply(record: PostgresRecord, effect: Effect) -> EffectResult:
        return await worker.apply(record, effect)

    monkeypatch.setattr(Pulse, "forever", forever)
    monkeypatch.setattr(PostgresRecord, "apply", apply)
    return worker


async def about_to_refund(home: House, frozen: Frozen) -> tuple[str, str]:
    """A case whose worker froze before a refund that needs nobody's yes, and the order."""
    order = await home.strangers_order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    case = await home.open(order.customer_id, text, wait=False)
    await wait_for(lambda: frozen.tried(1))
    return case.case_id, order.order_id


@pytest.mark.parametrize("status", ["WithHuman", "Closed"])
async def test_nothing_is_made_once_people_have_the_case_or_it_is_over(home: House, frozen: Frozen, status: str) -> None:
    """The packet says that nothing was refunded: whoever reads it may do so by hand."""
    case_id, order_id = await about_to_refund(home, frozen)
    act: Any = home.cases.request_human if status == "WithHuman" else home.cases.close
    await act(case_id)
    await home.until(case_id, lambda view: view.status == status)
    packet = await home.cases.handoff(case_id)
    assert (packet is None) is (status == "Closed")
    assert packet is None or (packet.effects, sum("NOT carried out" in line for line in packet.tried)) == ([], 1)
    found = await frozen.wake(0)
    assert await home.rows(REFUNDS, o=order_id) == []
    assert isinstance(found, TurnSuperseded)
    assert await home.rows(LEDGER, c=case_id) == [("allowed",)]


async def test_nothing_is_made_once_another_attempt_has_begun(home: House, frozen: Frozen) -> None:
    case_id, order_id = await about_to_refund(home, frozen)
    await wait_for(lambda: frozen.tried(2))
    found = await frozen.wake(0)
    assert isinstance(found, TurnSuperseded)
    assert await home.rows(REFUNDS, o=order_id) == []
    await frozen.wake(1)
    case = await home.settled(case_id)
    assert [one.status for one in case.effects] == ["applied"]
    assert len(await home.rows(REFUNDS, o=order_id)) == 1


async def test_nothing_is_made_by_the_run_that_was_reset_once_the_turn_has_begun_anew(home: House, frozen: Frozen) -> None:
    """The turn of the run before hears of the reset with its next heartbeat, or never."""
    case_id, order_id = await about_to_refund(home, frozen)
    (first, *_) = await Page(home.temporal).tasks(case_id)
    await Page(home.temporal).reset(case_id, first)
    await wait_for(lambda: frozen.tried(2))
    assert isinstance(await frozen.wake(0), TurnSuperseded)
    assert await home.rows(REFUNDS, o=order_id) == []
    await frozen.wake(1)
    case = await home.settled(case_id)
    assert [one.status for one in case.effects] == ["applied"]
    assert len(await home.rows(REFUNDS, o=order_id)) == 1
