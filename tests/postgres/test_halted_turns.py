"""A turn that goes by words which its customer edited or withdrew: from the answer to that on it begins no effect."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.case.turns import TurnHalted
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from tests.postgres.build import effect
from tests.postgres.conftest import Run
from tests.postgres.test_lost_turns import allowed, key
from tests.postgres.test_taken_back import PAID, until_blocked


@pytest.mark.parametrize("early", [False, True], ids=["once it has ruled", "before it has written anything"])
async def test_a_halted_turn_makes_no_effect_in_any_attempt_and_the_next_turn_does(
    cases: PostgresCases, record: PostgresRecord, run: Run, early: bool
) -> None:
    await cases.commit(allowed(None))
    if early:
        await cases.halt("case-1", "t-1")
    await cases.commit(allowed(key(), 2))
    await cases.halt("case-1", "t-1")
    for attempt in (1, 2):
        await cases.commit(allowed(key(attempt=attempt), 2 + attempt))
        with pytest.raises(TurnHalted, match="pay was not carried out"):
            await record.apply(effect(turn=key(attempt=attempt)))
    assert await run(PAID) == []
    assert await run("SELECT status FROM handrail.actions") == [("allowed",)]
    assert await run("SELECT effect_id FROM handrail.effect_attempts") == []
    anew = key("t-2", minutes=1)
    await cases.commit(allowed(anew, 5))
    assert (await record.apply(effect(turn=anew))).status is EffectStatus.APPLIED


async def test_what_is_made_by_then_is_told_as_it_was(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(allowed(key()))
    made = await record.apply(effect(turn=key()))
    await cases.halt("case-1", "t-1")
    assert await record.apply(effect(turn=key())) == made
    assert await run(PAID) == [("e-1",)]


async def test_an_effect_that_has_begun_is_made_and_holds_nobody_up(
    cases: PostgresCases, record: PostgresRecord, run: Run, database_url: str
) -> None:
    await cases.commit(allowed(key()))
    async with await psycopg.AsyncConnection.connect(database_url) as rival:
        await rival.execute("SELECT 1 FROM wallets.wallets WHERE customer_id = 'C-1' FOR UPDATE")
        paying = asyncio.create_task(record.apply(effect(turn=key())))
        await until_blocked(database_url, "UPDATE wallets")
        await asyncio.wait_for(cases.halt("case-1", "t-1"), 10)
        assert not paying.done()
        await rival.rollback()
    assert (await paying).status is EffectStatus.APPLIED
    assert await run(PAID) == [("e-1",)]


async def test_an_effect_that_waits_for_its_row_meanwhile_is_not_made(
    cases: PostgresCases, record: PostgresRecord, run: Run, database_url: str
) -> None:
    await cases.commit(allowed(key()))
    async with await psycopg.AsyncConnection.connect(database_url) as rival:
        await rival.execute("SELECT 1 FROM handrail.actions FOR UPDATE")
        paying = asyncio.create_task(record.apply(effect(turn=key())))
        await until_blocked(database_url, "handrail.begin_effect")
        await cases.halt("case-1", "t-1")
        await rival.rollback()
    with pytest.raises(TurnHalted):
        await paying
    assert await run(PAID) == []


async def test_a_halt_moves_nothing_else_in_the_case(cases: PostgresCases, run: Run) -> None:
    """No event tells of it, and the case's version and status stay."""
    await cases.commit(allowed(key()))
    stands = "SELECT to_jsonb(c) - 'halted', (SELECT count(*) FROM handrail.case_event) FROM handrail.cases AS c"
    before = await run(stands)
    await cases.halt("case-1", "t-1")
    assert await run(stands) == before
    assert await run("SELECT halted FROM handrail.cases") == [("t-1",)]
