"""A turn that goes by words which its customer edited or withdrew: from the answer to that on it begins no effect."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.case.turns import TurnHalted
from handrail.domain.errors import OutcomeUnknown
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import effect
from tests.postgres.conftest import Run
from tests.postgres.outside.test_cut_sends import Bank, paying
from tests.postgres.test_lost_turns import allowed, key
from tests.postgres.test_taken_back import PAID, until_blocked
from tests.postgres.wallets import business


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


class LookingUp(Bank):
    """A bank's tool that looks something up before it sends: the customer changes their words meanwhile."""

    def __init__(self, cases: PostgresCases) -> None:
        super().__init__(None)
        self._cases = cases

    async def pay(self, call: Any, arguments: Any) -> dict[str, Any]:
        await self._cases.halt("case-1", "t-1")
        return await super().pay(call, arguments)


SENT = "INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')"
NOTED = "SELECT effect_id FROM handrail.effect_attempts"


async def test_what_an_attempt_before_has_sent_is_of_unknown_outcome_and_not_sent_again(
    cases: PostgresCases, pool: Pool, run: Run
) -> None:
    await cases.commit(allowed(key()))
    await run(SENT)
    await cases.halt("case-1", "t-1")
    await cases.commit(allowed(key(attempt=2), 2))
    bank = Bank(None)
    with pytest.raises(OutcomeUnknown, match=r"pay was begun before .* it is not sent again\."):
        await paying(pool, business, bank).apply(effect(turn=key(attempt=2)))
    assert not bank.asked.is_set()
    assert (await run("SELECT outcome FROM handrail.actions"), await run(NOTED)) == ([(None,)], [("e-1",)])


@pytest.mark.parametrize("before", [False, True], ids=["nothing was sent", "an attempt before had sent it"])
async def test_a_turn_that_is_halted_between_its_transaction_and_the_sending_sends_nothing(
    cases: PostgresCases, pool: Pool, run: Run, before: bool
) -> None:
    await cases.commit(allowed(key()))
    if before:
        await run(SENT)
    bank = LookingUp(cases)
    with pytest.raises(OutcomeUnknown if before else TurnHalted):
        await paying(pool, business, bank).apply(effect(turn=key()))
    assert not bank.asked.is_set()
    assert await run(NOTED) == ([("e-1",)] if before else [])
