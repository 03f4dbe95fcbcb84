"""Effects of a turn that has lost its case: refused in the transaction that would make them, and none slips between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.turns import JournalEntry, TurnEnded, TurnKey, TurnSuperseded
from handrail.postgres.business.attempts import note
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, effect, row, ruling
from tests.postgres.conftest import Run
from tests.postgres.test_taken_back import PAID, until_blocked


def key(token: str = "t-1", attempt: int = 1, minutes: int = 0) -> TurnKey:
    return TurnKey(token=token, asked_at=NOON + timedelta(minutes=minutes), attempt=attempt)


def allowed(turn: TurnKey | None, version: int = 1) -> Commit:
    return ruling(Ruling.ALLOW, version).model_copy(update={"key": turn})


def ended(turn: TurnKey, status: CaseStatus) -> Commit:
    return Commit(row=row(2, status=status), turn=TurnEnded(key=turn, result={"told": "Bye."}))


LOST: dict[str, Commit] = {
    "another attempt rules": allowed(key(attempt=2), 2),
    "a later turn rules": allowed(key("t-2", minutes=1), 2),
    "another attempt has ended": ended(key(attempt=2), CaseStatus.RESOLVED),
    "a later turn hands over": ended(key("t-2", minutes=1), CaseStatus.WITH_HUMAN),
    "handed over without a turn": Commit(row=row(2, status=CaseStatus.WITH_HUMAN)),
    "resolved by a person": Commit(row=row(2, status=CaseStatus.RESOLVED)),
    "closed": Commit(row=row(2, status=CaseStatus.CLOSED)),
}


@pytest.mark.parametrize("how", LOST)
async def test_a_turn_that_has_lost_its_case_makes_no_effect(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, run: Run, how: str
) -> None:
    await cases.commit(allowed(key()))
    await cases.commit(LOST[how])
    for _ in range(2):
        with pytest.raises(TurnSuperseded, match="pay was not carried out"):
            await record.apply(effect(turn=key()))
        with pytest.raises(TurnSuperseded):
            await note(pool, effect(turn=key()))
    assert await run(PAID) == []
    assert await run("SELECT status FROM handrail.actions") == [("allowed",)]
    assert await run("SELECT effect_id FROM handrail.effect_attempts") == []


async def test_handed_back_it_is_not_the_lost_turns_again(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    """Before the turn that goes on has written anything, the row says that the agent is at work."""
    await cases.commit(allowed(key()))
    await cases.commit(Commit(row=row(2, status=CaseStatus.WITH_HUMAN)))
    await cases.commit(Commit(row=row(3, status=CaseStatus.WORKING)))
    with pytest.raises(TurnSuperseded):
        await record.apply(effect(turn=key()))
    await cases.commit(allowed(key("t-2", minutes=5), 4))
    assert (await record.apply(effect(turn=key("t-2", minutes=5)))).status is EffectStatus.APPLIED
    assert await run(PAID) == [("e-1",)]


async def test_a_late_word_of_people_takes_nothing_from_the_turn_under_way(
    cases: PostgresCases, record: PostgresRecord
) -> None:
    await cases.commit(Commit(row=row(3, status=CaseStatus.WORKING)))
    await cases.commit(allowed(key(), 4))
    await cases.commit(Commit(row=row(2, status=CaseStatus.WITH_HUMAN)))
    assert (await record.apply(effect(turn=key()))).status is EffectStatus.APPLIED


async def test_the_turn_that_has_the_case_makes_its_effect_and_keeps_its_journal(
    cases: PostgresCases, record: PostgresRecord, pool: Pool
) -> None:
    journal, entry = PostgresJournal(pool), JournalEntry(node="agent", state={"step": 1})
    await cases.commit(Commit(row=row()))
    await journal.note("case-1", key(attempt=2), entry)
    await cases.commit(allowed(key(attempt=2)))
    assert await journal.left("case-1", "t-1") == entry
    assert (await record.apply(effect(turn=key(attempt=2)))).status is EffectStatus.APPLIED
    assert await journal.left("case-1", "t-1") == entry


async def test_rulings_of_a_lost_turn_are_refused(cases: PostgresCases, run: Run) -> None:
    await cases.commit(allowed(key("t-2", minutes=1)))
    for late in (key(), key(attempt=9)):
        with pytest.raises(TurnSuperseded):
            await cases.commit(ruling(Ruling.ALLOW, 5, effect_id="e-2").model_copy(update={"key": late}))
    assert await run("SELECT effect_id FROM handrail.actions") == [("e-1",)]


async def test_whoever_knows_of_no_turn_is_served_as_before(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    """A worker of an earlier build, beside this one during a deploy."""
    await cases.commit(allowed(None))
    before = "SELECT permitted FROM handrail.begin_effect('e-1', (SELECT arguments_hash FROM handrail.actions), 1)"
    assert await run(before) == [(True,)]
    assert (await record.apply(effect())).status is EffectStatus.APPLIED


TAKEN: dict[str, Any] = {
    "another attempt": lambda cases, journal: journal.claim("case-1", key(attempt=2), ""),
    "the way to a person": lambda cases, journal: journal.claim("case-1", key("t-2", minutes=1), "t-1"),
    "its rulings": lambda cases, journal: cases.commit(allowed(key("t-2", minutes=1), 2)),
    "a person": lambda cases, journal: cases.commit(Commit(row=row(2, status=CaseStatus.WITH_HUMAN))),
}


@pytest.mark.parametrize("how", TAKEN)
async def test_who_takes_the_case_waits_for_an_effect_that_has_begun(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, run: Run, database_url: str, how: str
) -> None:
    """And its own note of an attempt, on a connection of its own, waits for nobody."""
    await cases.commit(allowed(key()))
    async with await psycopg.AsyncConnection.connect(database_url) as rival:
        await rival.execute("SELECT 1 FROM wallets.wallets WHERE customer_id = 'C-1' FOR UPDATE")
        paying = asyncio.create_task(record.apply(effect(turn=key())))
        await until_blocked(database_url, "UPDATE wallets")
        taking = asyncio.create_task(TAKEN[how](cases, PostgresJournal(pool)))
        await until_blocked(
            database_url, "commit_step" if how in ("its rulings", "a person") else "INSERT INTO handrail.turns"
        )
        assert await asyncio.wait_for(note(pool, effect(turn=key())), 5)
        assert not taking.done()
        await rival.rollback()
    assert (await paying).status is EffectStatus.APPLIED
    await taking
    assert await run(PAID) == [("e-1",)]


async def test_an_effect_that_comes_while_the_case_is_taken_waits_and_is_not_made(
    cases: PostgresCases, record: PostgresRecord, run: Run, database_url: str
) -> None:
    await cases.commit(allowed(key()))
    async with await psycopg.AsyncConnection.connect(database_url) as taking:
        await taking.execute("UPDATE handrail.turns SET attempt = 2")
        paying = asyncio.create_task(record.apply(effect(turn=key())))
        await until_blocked(database_url, "handrail.begin_effect")
        await taking.commit()
    with pytest.raises(TurnSuperseded):
        await paying
    assert await run(PAID) == []
