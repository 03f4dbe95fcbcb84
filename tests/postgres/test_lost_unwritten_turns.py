"""Turns that have lost their case and hold no journal, because they had written nothing yet or the case was closed."""

from __future__ import annotations

from contextlib import suppress

import pytest

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.case.cases import ABOVE_ALL, CaseStatus, Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.turns import JournalEntry, TurnEnded, TurnSuperseded
from handrail.domain.errors import EffectConflict
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, effect, row
from tests.postgres.conftest import Run
from tests.postgres.test_lost_turns import allowed, ended, key
from tests.postgres.test_taken_back import PAID

READ = JournalEntry(node="agent", state={"facts": []})
WITHOUT_JOURNAL: dict[str, list[Commit]] = {
    "closed": [Commit(row=row(2, status=CaseStatus.CLOSED))],
    "handed over without a turn": [Commit(row=row(2, status=CaseStatus.WITH_HUMAN))],
    "resolved by a person": [Commit(row=row(2, status=CaseStatus.RESOLVED))],
    "handed back since": [Commit(row=row(2, status=CaseStatus.WITH_HUMAN)), Commit(row=row(3, turn=2))],
}


@pytest.mark.parametrize("how", WITHOUT_JOURNAL)
async def test_a_lost_turn_that_had_written_nothing_yet_makes_nothing(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, run: Run, how: str
) -> None:
    """It was in its first step: whoever took the case found no journal to take."""
    await cases.commit(Commit(row=row()))
    for taken in WITHOUT_JOURNAL[how]:
        await cases.commit(taken)
    await goes_on(cases, record, pool)
    assert await run(PAID) == []
    assert await run("SELECT status FROM handrail.actions") == []


async def test_a_turn_whose_case_was_closed_takes_no_journal_again(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, run: Run
) -> None:
    """Closing drops the journal; what was ruled on before stands in the ledger."""
    await cases.commit(allowed(key()))
    await cases.commit(Commit(row=row(2, status=CaseStatus.CLOSED)))
    with pytest.raises(TurnSuperseded):
        await PostgresJournal(pool).note("case-1", key(), READ)
    with pytest.raises(TurnSuperseded):
        await PostgresJournal(pool).claim("case-1", key(attempt=2), "")
    await goes_on(cases, record, pool)
    assert await run("SELECT token FROM handrail.turns") == []
    assert await run(PAID) == []


async def test_nothing_is_made_in_a_closed_case_whatever_its_journal_says(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    await cases.commit(allowed(key()))
    await run("UPDATE handrail.cases SET status = 'Closed' RETURNING case_id")
    with pytest.raises(TurnSuperseded):
        await record.apply(effect(turn=key()))
    assert await run(PAID) == []


@pytest.mark.parametrize("how", WITHOUT_JOURNAL)
async def test_a_lost_turn_says_nothing_more(cases: PostgresCases, run: Run, how: str) -> None:
    """Its end has the version of what took the case, which the workflow wrote without it."""
    await cases.commit(Commit(row=row()))
    for taken in WITHOUT_JOURNAL[how]:
        await cases.commit(taken)
    said = Message(message_id="late", author=Author.ASSISTANT, text="Paid.", at=NOON, turn=1, sequence=2)
    late = ended(key(), CaseStatus.AWAITING_CUSTOMER).model_copy(update={"messages": [said]})
    with pytest.raises(TurnSuperseded):
        await cases.commit(late)
    assert await run("SELECT message_id FROM handrail.messages") == []


async def test_a_turn_that_a_reset_began_goes_on_whatever_the_run_before_wrote(
    cases: PostgresCases, record: PostgresRecord
) -> None:
    await cases.commit(allowed(key()))
    await cases.commit(Commit(row=row(7, status=CaseStatus.CLOSED, turn=3)))
    anew = key("t-9", minutes=9)
    await cases.commit(allowed(anew, 1 + ABOVE_ALL))
    assert (await record.apply(effect(turn=anew))).status is EffectStatus.APPLIED
    await cases.commit(Commit(row=row(2 + ABOVE_ALL), turn=TurnEnded(key=anew, result={"told": "Bye."})))


async def goes_on(cases: PostgresCases, record: PostgresRecord, pool: Pool) -> None:
    """The lost turn notes an answer, rules on it and makes the effect, and is told to stop before that at the latest."""
    with suppress(TurnSuperseded):
        await PostgresJournal(pool).note("case-1", key(), READ)
    with pytest.raises(TurnSuperseded):
        await cases.commit(allowed(key()))
    with pytest.raises((TurnSuperseded, EffectConflict)):
        await record.apply(effect(turn=key()))
