"""Word of changed controls reaches whoever listens, also after its connection was lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from handrail.domain.autonomy.controls import GLOBAL, ControlRequest
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.autonomy import switch
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from tests.postgres.conftest import Run
from tests.postgres.wallets import business
from tests.support.house import wait_for

LOST = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


async def test_every_change_is_heard_and_a_lost_connection_is_replaced(
    pool: Pool, database_url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "PAUSE_SECONDS", 0.05)
    controls, seen, told = PostgresControls(pool, business), [Autonomy.AUTO], list[str | None]()

    async def look() -> None:
        seen.append(max((one.level for one in await controls.in_force()), default=Autonomy.AUTO, key=lambda one: one.rank))

    async def sees(level: Autonomy, looks: int) -> None:
        async def has() -> bool:
            return seen[-1] is level and len(seen) > looks

        await wait_for(has)

    listening = asyncio.create_task(switch.forever(database_url, look, told.append))
    await sees(Autonomy.AUTO, 1)
    for level in (Autonomy.REVIEW, Autonomy.OFF):
        await controls.put(ControlRequest(scope=GLOBAL, level=level, reason="a test", actor="ann"))
        await sees(level, 1)
    looks = len(seen)
    assert await run(LOST) == [(True,)]
    await sees(Autonomy.OFF, looks)
    assert any(words and words.startswith("cannot listen for changed controls") for words in told)
    assert told[-1] is None
    await controls.put(ControlRequest(scope=GLOBAL, level=Autonomy.AUTO, reason="a test", actor="ann"))
    await sees(Autonomy.AUTO, looks)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
