"""The journal of turns: one writer at a time, one end, together with everything that the turn says or not at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from psycopg.errors import ForeignKeyViolation

from graphs.engine.machine import CaseMachine
from graphs.nodes.resolve import end
from graphs.state import CaseState
from graphs.turn import TurnResult
from graphs.views import EndView
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.turns import JournalEntry, TurnEnded, TurnKey, TurnSuperseded
from handrail.domain.errors import EffectConflict
from handrail.ports import Journal
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, at, opening, proposal, row, ruled
from tests.postgres.conftest import Run
from tests.support.small import World, wanted

ROWS = "select token, attempt, node, state is not null, result is not null from handrail.turns order by case_id"


@pytest.fixture
async def journal(pool: Pool, cases: PostgresCases) -> PostgresJournal:
    """The journal of a case that stands."""
    await cases.open(opening(), NOON)
    return PostgresJournal(pool)


def key(token: str = "t-1", attempt: int = 1, minutes: int = 0) -> TurnKey:
    return TurnKey(token=token, asked_at=NOON + timedelta(minutes=minutes), attempt=attempt)


def entry(node: str = "agent", **state: Any) -> JournalEntry:
    return JournalEntry(node=node, state={"step": 1, **state})


def said(text: str, key: TurnKey, *, version: int = 1, message_id: str = "m-2", **changes: Any) -> Commit:
    """The commit that ends a turn with a reply; every attempt gives the reply the same id."""
    message = Message(message_id=message_id, author=Author.SYSTEM, text=text, at=at(1), turn=1, sequence=2)
    kept = row(version, status=CaseStatus.RESOLVED, reply=text)
    return Commit(row=kept, messages=[message], turn=TurnEnded(key=key, result={"told": text}), **changes)


def test_the_repository_is_the_port(pool: Pool) -> None:
    port: Journal = PostgresJournal(pool)
    assert port


async def test_what_was_noted_is_there_for_the_turn_and_for_no_other(journal: PostgresJournal) -> None:
    assert await journal.left("case-1", "t-1") is None
    await journal.note("case-1", key(), entry(words="déjà vu"))
    assert await journal.left("case-1", "t-1") == entry(words="déjà vu")
    assert await journal.left("case-1", "t-2") is None
    assert await journal.left("case-2", "t-1") is None


async def test_an_attempt_notes_as_often_as_it_likes_until_a_later_one_does(journal: PostgresJournal) -> None:
    await journal.note("case-1", key(), entry(step=1))
    await journal.note("case-1", key(), entry(step=2))
    await journal.note("case-1", key(attempt=3), entry(step=3))
    for late in (1, 2):
        with pytest.raises(TurnSuperseded):
            await journal.note("case-1", key(attempt=late), entry(step=9))
    assert await journal.left("case-1", "t-1") == entry(step=3)


async def test_a_later_turn_shuts_out_the_ones_before(journal: PostgresJournal, cases: PostgresCases, run: Run) -> None:
    await journal.note("case-1", key("t-1", attempt=7), entry())
    await journal.note("case-1", key("t-2", minutes=1), entry(step=5))
    with pytest.raises(TurnSuperseded):
        await journal.note("case-1", key("t-1", attempt=8), entry())
    with pytest.raises(TurnSuperseded):
        await cases.commit(said("Too late.", key("t-1", attempt=8)))
    assert await journal.left("case-1", "t-2") == entry(step=5)
    assert await run("select text from handrail.messages where message_id = 'm-2'") == []
    assert (await cases.show("case-1")).version == 0


async def test_the_end_takes_the_place_of_the_notes_and_stands(
    journal: PostgresJournal, cases: PostgresCases, run: Run
) -> None:
    await journal.note("case-1", key(), entry())
    await cases.commit(said("Done.", key()))
    assert await run(ROWS) == [("t-1", 1, None, False, True)]
    assert await journal.left("case-1", "t-1") == JournalEntry(result={"told": "Done."})
    for attempt in (1, 2):
        with pytest.raises(TurnSuperseded):
            await cases.commit(said("Done again.", key(attempt=attempt), version=2, message_id="m-3"))
        with pytest.raises(TurnSuperseded):
            await journal.note("case-1", key(attempt=attempt), entry())
    assert [one.text for one in await cases.transcript("case-1")] == ["Hello", "Done."]
    await journal.note("case-1", key("t-2", minutes=1), entry())
    assert await run(ROWS) == [("t-2", 1, "agent", True, False)]


async def test_an_end_without_notes_stands(journal: PostgresJournal, cases: PostgresCases) -> None:
    await cases.commit(said("Done.", key()))
    assert await journal.left("case-1", "t-1") == JournalEntry(result={"told": "Done."})


@pytest.mark.parametrize("noted", [False, True])
async def test_of_attempts_that_end_a_turn_at_once_exactly_one_does(
    journal: PostgresJournal, cases: PostgresCases, run: Run, noted: bool
) -> None:
    """A worker that was thought dead and the one that took its place, with other words; eight of them for good measure."""
    if noted:
        await journal.note("case-1", key(attempt=2), entry())
    commits = [said(f"Words {n}.", key(attempt=n), version=n, message_id=f"m-{n + 1}") for n in range(1, 9)]
    ended = await asyncio.gather(*(cases.commit(one) for one in commits), return_exceptions=True)
    won = [commit for commit, result in zip(commits, ended, strict=True) if result is None]
    assert [type(one) for one in ended if one is not None] == [TurnSuperseded] * 7
    (only,) = won
    assert await run("select text from handrail.messages where message_id <> 'm-1'") == [(only.messages[0].text,)]
    stands = await cases.show("case-1")
    assert (stands.version, stands.reply) == (only.row.version, only.row.reply)
    left = await journal.left("case-1", "t-1")
    assert left
    assert left.result == {"told": only.messages[0].text}


async def test_a_lost_turn_is_shut_out_whether_it_noted_anything_or_not(
    journal: PostgresJournal, cases: PostgresCases, run: Run
) -> None:
    await journal.note("case-1", key("t-0"), entry())
    for lost, new, minutes in (("t-0", "t-1", 1), ("t-none", "t-2", 2)):
        found = await journal.claim("case-1", key(new, minutes=minutes), lost)
        assert found == (new, JournalEntry(state={"step": 1}) if lost == "t-0" else JournalEntry())
        with pytest.raises(TurnSuperseded):
            await cases.commit(said("Too late.", key(lost, attempt=9)))
        with pytest.raises(TurnSuperseded):
            await journal.note("case-1", key(lost, attempt=9), entry())
    assert [one.text for one in await cases.transcript("case-1")] == ["Hello"]


async def test_a_claim_finds_what_its_own_attempts_left(journal: PostgresJournal, cases: PostgresCases) -> None:
    await journal.note("case-1", key("t-0"), entry(step=1))
    first, second = key("t-1", minutes=1), key("t-1", attempt=2, minutes=1)
    assert await journal.claim("case-1", first, "t-0") == ("t-1", JournalEntry(state={"step": 1}))
    assert await journal.claim("case-1", second, "t-0") == ("t-1", JournalEntry(state={"step": 1}))
    await journal.note("case-1", second, entry(step=2))
    assert await journal.claim("case-1", second, "t-0") == ("t-1", entry(step=2))
    with pytest.raises(TurnSuperseded):
        await journal.claim("case-1", first, "t-0")
    await cases.commit(said("Done.", second))
    assert await journal.claim("case-1", second, "t-0") == ("t-1", JournalEntry(result={"told": "Done."}))


async def test_a_claim_finds_the_end_of_the_lost_turn_and_leaves_it(journal: PostgresJournal, cases: PostgresCases) -> None:
    await cases.commit(said("Done.", key("t-0")))
    end = ("t-0", JournalEntry(result={"told": "Done."}))
    assert await journal.claim("case-1", key("t-1", minutes=1), "t-0") == end
    assert await journal.claim("case-1", key("t-1", attempt=2, minutes=1), "t-0") == end


async def test_an_end_and_the_claim_that_shuts_it_out_come_one_after_the_other(
    journal: PostgresJournal, cases: PostgresCases, run: Run
) -> None:
    """Either the claim finds the end, or the end is refused: never neither, never both."""
    for n in range(1, 25):
        lost, new = key(f"lost-{n}", minutes=2 * n), key(f"new-{n}", minutes=2 * n + 1)
        ending = cases.commit(said(f"Words {n}.", lost, version=n, message_id=f"m-{n + 1}"))
        ended, claimed = await asyncio.gather(ending, journal.claim("case-1", new, lost.token), return_exceptions=True)
        assert not isinstance(claimed, BaseException)
        assert (claimed[0] == lost.token) == (ended is None), (n, ended, claimed)
        stands = await run("select 1 from handrail.messages where message_id = %s", f"m-{n + 1}")
        assert bool(stands) == (ended is None)


async def test_an_end_goes_with_its_commit_or_not_at_all(journal: PostgresJournal, cases: PostgresCases, run: Run) -> None:
    await journal.note("case-1", key(), entry())
    other = ruled(proposal(), Ruling.ALLOW)
    other = other.model_copy(update={"verdict": other.verdict.model_copy(update={"arguments_hash": "f" * 64})})
    with pytest.raises(EffectConflict):
        await cases.commit(said("Done.", key(), rulings=[other]))
    assert await run(ROWS) == [("t-1", 1, "agent", True, False)]
    assert [one.text for one in await cases.transcript("case-1")] == ["Hello"]
    await cases.commit(said("Done.", key()))
    assert await run(ROWS) == [("t-1", 1, None, False, True)]


async def test_other_commits_of_a_turn_leave_the_journal_alone(
    journal: PostgresJournal, cases: PostgresCases, run: Run
) -> None:
    await journal.note("case-1", key(), entry())
    await cases.commit(Commit(row=row(0), rulings=[ruled(proposal(), Ruling.ALLOW)]))
    assert await run(ROWS) == [("t-1", 1, "agent", True, False)]


async def test_the_journal_of_a_closed_case_is_gone(journal: PostgresJournal, cases: PostgresCases, run: Run) -> None:
    await journal.note("case-1", key(), entry(words="personal"))
    await cases.commit(Commit(row=row(2, status=CaseStatus.CLOSED)))
    assert await run(ROWS) == []


async def test_the_journal_goes_with_its_case(journal: PostgresJournal, run: Run) -> None:
    await journal.note("case-1", key(), entry(words="personal"))
    await run("alter table handrail.case_event disable trigger case_event_only_grows")
    await run("delete from handrail.case_event")
    await run("delete from handrail.messages")
    await run("delete from handrail.cases where case_id = 'case-1'")
    assert await run(ROWS) == []


async def test_a_case_that_does_not_stand_has_no_journal(journal: PostgresJournal) -> None:
    with pytest.raises(ForeignKeyViolation):
        await journal.note("case-9", key(), entry())


async def test_what_postgresql_cannot_hold_is_made_holdable(journal: PostgresJournal, cases: PostgresCases) -> None:
    odd = {"words": "a\x00b\ud800c", "deep": [{"of\x00key": float("nan")}]}
    await journal.note("case-1", key(), JournalEntry(node="agent", state=odd))
    assert await journal.left("case-1", "t-1") == JournalEntry(
        node="agent", state={"words": "a\ufffdb\ufffdc", "deep": [{"of\ufffdkey": None}]}
    )
    await cases.commit(said("x", key()).model_copy(update={"turn": TurnEnded(key=key(), result=odd)}))
    left = await journal.left("case-1", "t-1")
    assert left
    assert left.result == {"words": "a\ufffdb\ufffdc", "deep": [{"of\ufffdkey": None}]}


async def test_a_large_state_is_kept_whole(journal: PostgresJournal) -> None:
    large = entry(facts=[{"name": f"fact {n}", "value": "ä" * 10_000} for n in range(200)])
    await journal.note("case-1", key(), large)
    assert await journal.left("case-1", "t-1") == large


class Shop(World):
    """The small graph over PostgreSQL: `finish` commits as the real nodes do, in words of its own every time."""

    def __init__(self, cases: PostgresCases) -> None:
        super().__init__(rounds=1)
        self._cases = cases
        self.tried = 0

    async def finish(self, state: CaseState) -> dict[str, Any]:
        self.tried += 1
        kept = row(1, status=CaseStatus.RESOLVED, reply=f"Words {self.tried}.")
        message = Message(message_id=f"m-{self.tried + 1}", author=Author.SYSTEM, text=kept.reply or "", at=at(1), turn=1)
        view = EndView.model_validate(state.model_dump())
        return {"outcome": await end(self._cases, view, kept, [message], None), "row": kept}


async def test_of_attempts_side_by_side_the_newest_answers_and_the_others_tell_nothing_else(
    journal: PostgresJournal, cases: PostgresCases, run: Run
) -> None:
    """Four attempts at one turn, all of them held in front of the commit that ends it, are let go at once."""
    shop = Shop(cases)
    waiting, go = asyncio.Semaphore(0), asyncio.Event()

    async def wait(state: CaseState) -> None:
        waiting.release()
        await go.wait()

    shop.before["finish"] = wait
    machine = CaseMachine(shop.graph(), journal)
    request = wanted(case_id="case-1")
    attempts = []
    for attempt in range(1, 5):
        attempts.append(asyncio.create_task(machine.begin(request, key(attempt=attempt)).go()))
        await asyncio.wait_for(waiting.acquire(), 5)
    go.set()
    *late, newest = await asyncio.wait_for(asyncio.gather(*attempts, return_exceptions=True), 10)
    assert isinstance(newest, TurnResult)
    assert all(one == newest or isinstance(one, TurnSuperseded) for one in late)
    (said,) = await run("select text from handrail.messages where message_id <> 'm-1'")
    assert newest.learned
    assert newest.learned.outcome
    assert newest.learned.outcome.row.reply == said[0]
    assert len(shop.asked) == 1, "the answer of the first attempt served them all"
