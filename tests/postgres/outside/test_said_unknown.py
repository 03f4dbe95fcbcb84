"""An effect whose tool says that nobody knows whether it was made is never made again by itself, whatever is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from psycopg import OperationalError

from handrail.business import Business
from handrail.domain.actions.earlier import EarlierOutcome
from handrail.domain.actions.proposals import Ruling
from handrail.domain.actions.unsettled import EffectFound
from handrail.domain.errors import OutcomeUnknown
from handrail.drills.chaos.proxy import FaultyProxy, NetworkFault
from handrail.embedded.ports import free_block
from handrail.postgres.business import attempts
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool, open_pool
from tests.postgres.build import FixedClock, effect, ruling
from tests.postgres.wallets import business
from tests.support.house import wait_for

AGAIN = r"pay was begun before .*; it is not made again\."


class Bank:
    """A system that a tool of the business's own calls; `away` happens once it was called."""

    def __init__(self, away: Any = None, *, note: bool = False) -> None:
        self.calls, self.away, self.note = 0, away, note

    async def pay(self, call: Any, arguments: Any) -> dict[str, Any]:
        """Send it; the answer is lost."""
        if self.note:
            await call.sending()
        self.calls += 1
        if self.away:
            self.away()
        raise OutcomeUnknown("The bank's answer was lost.")

    def over(self, pool: Pool) -> PostgresRecord:
        """The record of a business that pays through this bank."""
        tools = [replace(one, run=self.pay) if one.name == "pay" else one for one in business.tools]
        changed: Business = replace(business, tools=tuple(tools))
        return PostgresRecord(pool, changed, FixedClock())


@pytest.fixture
async def between(database_url: str) -> AsyncIterator[tuple[FaultyProxy, Pool]]:
    """A proxy before PostgreSQL, and a pool that goes through it."""
    parts = urlsplit(database_url)
    proxy = FaultyProxy(free_block(1), parts.port or 5432)
    async with proxy.listening():
        url = database_url.replace(f":{parts.port}/", f":{proxy.port}/")
        assert url != database_url
        through = await open_pool(url, size=2, wait=2.0)
        yield proxy, through
        proxy.heal()
        await through.close()


@pytest.mark.parametrize("note", [False, True])
async def test_it_is_noted_and_no_process_makes_it_again(cases: PostgresCases, pool: Pool, note: bool) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank(note=note)
    with pytest.raises(OutcomeUnknown, match="answer was lost"):
        await bank.over(pool).apply(effect())
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    with pytest.raises(OutcomeUnknown, match=AGAIN):
        await bank.over(pool).apply(effect())
    assert bank.calls == 1
    assert [one.effect_id for one in await UnsettledEffects(pool).all(age=timedelta(0))] == ["e-1"]
    settled = await UnsettledEffects(pool).settle(EffectFound(effect_id="e-1", made=False, actor="ann", reason="I looked."))
    assert await bank.over(pool).apply(effect()) == settled


async def test_whoever_waits_for_the_row_meanwhile_does_not_make_it_either(cases: PostgresCases, pool: Pool) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank()
    made = [bank.over(pool).apply(effect()) for _ in range(4)]
    found = await asyncio.gather(*made, return_exceptions=True)
    assert ([type(one) for one in found], bank.calls) == ([OutcomeUnknown] * 4, 1)


async def test_it_is_unknown_also_where_postgresql_went_away_meanwhile(
    cases: PostgresCases, between: tuple[FaultyProxy, Pool]
) -> None:
    proxy, through = between
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank(lambda: proxy.hurt(NetworkFault.RESET))
    record = bank.over(through)
    making = asyncio.create_task(record.apply(effect()))
    await wait_for(lambda: asyncio.sleep(0, bank.calls))
    proxy.heal()
    with pytest.raises(OutcomeUnknown, match="answer was lost"):
        await making
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    with pytest.raises(OutcomeUnknown, match=AGAIN):
        await record.apply(effect())
    assert bank.calls == 1


async def test_nobody_waits_for_long_and_the_word_is_kept_until_it_can_be_noted(
    cases: PostgresCases, between: tuple[FaultyProxy, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "NOTE_SECONDS", 0.3)
    proxy, through = between
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank(lambda: proxy.hurt(NetworkFault.RESET))
    record = bank.over(through)
    with pytest.raises(OutcomeUnknown, match="answer was lost"):
        await record.apply(effect())
    with pytest.raises(OperationalError):
        await record.apply(effect())
    proxy.heal()

    async def noted() -> bool:
        return [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]

    await wait_for(noted)
    with pytest.raises(OutcomeUnknown, match=AGAIN):
        await record.apply(effect())
    assert bank.calls == 1
