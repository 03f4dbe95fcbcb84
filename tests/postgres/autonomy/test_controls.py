"""Controls against the real server: what is under way when a switch is thrown, what comes behind it, and who may lift what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.errors import IntegrityConstraintViolation

from handrail.business import CustomerFact
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.effects import Effect, EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.autonomy.controls import GLOBAL, ControlRequest, ControlsInForce, Hand, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import SwitchedOff
from handrail.postgres.autonomy import controls as module
from handrail.postgres.autonomy.controls import Cleared, PostgresControls
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, FixedClock, approval, decided, effect, opening, row, ruling
from tests.postgres.conftest import Run
from tests.postgres.wallets import business
from tests.support.house import wait_for

MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
WAITING = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
CHANGES = (
    "UPDATE handrail.controls SET level = 'auto'",
    "DELETE FROM handrail.controls",
    "TRUNCATE handrail.controls",
)


@pytest.fixture
def controls(pool: Pool) -> PostgresControls:
    return PostgresControls(pool, business)


def wanted(level: Autonomy = Autonomy.OFF, scope: str = "global", **changes: Any) -> ControlRequest:
    return ControlRequest(scope=Scope.parse(scope), level=level, **{"reason": "a test", "actor": "ann", **changes})


async def opened(cases: PostgresCases, run: Run, *effects: str) -> None:
    """A case whose customer has a wallet, with allowed effects."""
    await run("INSERT INTO wallets.wallets VALUES ('C-1', 1000) ON CONFLICT DO NOTHING")
    await cases.open(opening(), NOON)
    for version, name in enumerate(effects, start=1):
        await cases.commit(ruling(Ruling.ALLOW, version=version, effect_id=name))


def pay(name: str = "e-1") -> Effect:
    return effect(name, topic="payout")


def reply(message_id: str = "a-1", version: int = 2, **changes: Any) -> Commit:
    said = Message(message_id=message_id, author=Author.ASSISTANT, text="Done.", at=NOON, turn=1, sequence=1)
    return Commit(row=row(version, topic="payout"), messages=[said], **changes)


@asynccontextmanager
async def wallet_held(pool: Pool) -> AsyncIterator[None]:
    """Whatever pays from it hangs in the middle of its transaction."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(b"SELECT * FROM wallets.wallets FOR UPDATE")
        yield


async def queued(run: Run, count: int) -> None:
    """Until so many wait for the controls' lock."""

    async def waiting() -> bool:
        return await run(WAITING) == [(count,)]

    await wait_for(waiting)


async def test_a_switch_waits_for_the_effect_under_way_and_stops_the_next(
    pool: Pool, cases: PostgresCases, record: PostgresRecord, controls: PostgresControls, run: Run
) -> None:
    await opened(cases, run, "e-1", "e-2")
    async with wallet_held(pool):
        under_way = asyncio.create_task(record.apply(pay("e-1")))
        await wait_for(lambda: holders(run), 10)
        switch = asyncio.create_task(controls.put(wanted()))
        await queued(run, 1)
        behind = asyncio.create_task(record.apply(pay("e-2")))
        await queued(run, 2)
        assert [one.done() for one in (under_way, switch, behind)] == [False] * 3
    assert (await under_way).status is EffectStatus.APPLIED
    control = await switch
    with pytest.raises(SwitchedOff, match=r"global is at 'off' by ann .*: a test\."):
        await behind
    ((recorded, paid),) = await run("SELECT max(recorded_at), (SELECT count(*) FROM wallets.payments) FROM handrail.actions")
    assert paid == 1
    assert control.waited
    assert control.asked_at < recorded < control.set_at
    assert (await record.apply(pay("e-1"))).status is EffectStatus.APPLIED, "the first answer is a fact, whatever is switched"


async def holders(run: Run) -> bool:
    """Whether an effect holds the controls as they are."""
    found = await run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'")
    return bool(found[0][0])


async def test_a_hanging_tool_does_not_keep_the_switch_from_all_others(
    pool: Pool,
    cases: PostgresCases,
    record: PostgresRecord,
    controls: PostgresControls,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=200))
    await opened(cases, run, "e-1", "e-2")
    async with wallet_held(pool):
        hanging = asyncio.create_task(record.apply(pay("e-1")))
        await wait_for(lambda: holders(run), 10)
        control = await controls.put(wanted())
        assert not control.waited
        with pytest.raises(SwitchedOff):
            await record.apply(pay("e-2"))
    assert (await hanging).status is EffectStatus.APPLIED


async def test_no_words_of_the_assistant_leave_after_the_switch(
    cases: PostgresCases, controls: PostgresControls, run: Run
) -> None:
    await opened(cases, run)
    await cases.commit(reply("a-1", 1))
    await controls.put(wanted())
    await cases.commit(reply("a-1", 1))
    with pytest.raises(SwitchedOff):
        await cases.commit(reply("a-2", reply_approved=True))
    person = Message(message_id="p-1", author=Author.PERSON, text="I look into it.", at=NOON, turn=1, sequence=3, by="ann")
    await cases.commit(Commit(row=row(3), messages=[person]))
    assert [one.message_id for one in await cases.transcript("case-1")] == ["m-1", "a-1", "p-1"]
    assert (await cases.show("case-1")).version == 3


@pytest.mark.parametrize(
    ("level", "approved", "leaves"),
    [
        (Autonomy.AUTO, False, True),
        (Autonomy.REVIEW, False, False),
        (Autonomy.REVIEW, True, True),
        (Autonomy.DRAFT, True, False),
        (Autonomy.OFF, True, False),
    ],
)
async def test_the_ladder(
    cases: PostgresCases, controls: PostgresControls, run: Run, level: Autonomy, approved: bool, leaves: bool
) -> None:
    await opened(cases, run)
    await controls.put(wanted(level, "topic:payout"))
    if leaves:
        return await cases.commit(reply(reply_approved=approved))
    with pytest.raises(SwitchedOff) as refused:
        await cases.commit(reply(reply_approved=approved))
    assert refused.value.level == level
    return None


async def test_a_tool_and_a_segment(
    pool: Pool, cases: PostgresCases, record: PostgresRecord, controls: PostgresControls, run: Run
) -> None:
    async def customer(connection: Any, customer_id: str, now: datetime) -> Mapping[str, CustomerFact]:
        return {"segments": ["vip"] if customer_id == "C-1" else []}

    await opened(cases, run, "e-1")
    known = replace(business, customer=customer)
    with_segments = PostgresRecord(pool, known, FixedClock())
    await controls.put(wanted(scope="tool:transfer"))
    await controls.put(wanted(scope="segment:new"))
    await controls.put(wanted(scope="topic:other"))
    await controls.put(wanted(Autonomy.REVIEW, "tool:pay"))
    with pytest.raises(SwitchedOff) as held:
        await with_segments.apply(pay())
    assert held.value.level == Autonomy.REVIEW
    await controls.put(wanted(Autonomy.AUTO, "tool:pay"))
    await controls.put(wanted(scope="segment:vip"))
    with pytest.raises(SwitchedOff, match="segment:vip is at 'off'"):
        await with_segments.apply(pay())
    other = await PostgresControls(pool, known).over("payout", "C-2")
    assert other.dialled().autonomy is Autonomy.AUTO
    await controls.clear(["segment:vip"], "over", "ann")
    assert (await with_segments.apply(pay())).status is EffectStatus.APPLIED


async def test_no_hand_lifts_what_another_has_set_but_a_clear_lifts_all(controls: PostgresControls) -> None:
    await controls.put(wanted(Autonomy.DRAFT))
    await controls.put(wanted(Autonomy.REVIEW, hand=Hand.HANDRAIL, actor="handrail"))
    await controls.put(wanted(Autonomy.OFF, lasting=timedelta(milliseconds=1)))
    await controls.put(wanted(Autonomy.AUTO, hand=Hand.DRILL))

    async def expired() -> bool:
        return [one.level for one in await controls.in_force()] == [Autonomy.DRAFT, Autonomy.REVIEW]

    await wait_for(expired)
    await controls.put(wanted(Autonomy.AUTO))
    assert [one.hand for one in await controls.in_force()] == [Hand.HANDRAIL]
    assert [one.level for one in (await controls.clear(["global"], "well again", "ann")).lifted] == [Autonomy.REVIEW]
    assert (await controls.in_force(), await controls.clear(["global"], "again", "ann")) == ([], Cleared([], []))
    newest, *_ = await controls.history(10)
    assert (newest.level, newest.hand, newest.actor) == (Autonomy.AUTO, Hand.HANDRAIL, "ann")
    assert len(await controls.history(100)) == 6


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_clear_leaves_the_switch_that_was_thrown_while_it_waited(
    pool: Pool, controls: PostgresControls, run: Run, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    async with pool.connection() as connection:
        await controls.put(wanted(Autonomy.REVIEW))
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [module.ADVISORY_LOCK])
            monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=1 if hangs else 10))
            switch = asyncio.create_task(controls.put(wanted()))
            await queued(run, 1)
            monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=2 if hangs else 10))
            clear = asyncio.create_task(controls.clear(["global"], "well again", "bob"))
            await queued(run, 2)
            if hangs:
                await asyncio.wait([switch, clear])
    thrown = await switch
    assert await clear == Cleared(lifted=[], left=[thrown])
    assert (thrown.waited, await controls.in_force()) == (not hangs, [thrown])
    assert await controls.clear(["global"], "meant now", "bob") == Cleared(lifted=[thrown], left=[])


async def test_a_yes_to_other_arguments_is_none_at_review(
    cases: PostgresCases, record: PostgresRecord, controls: PostgresControls, run: Run
) -> None:
    await opened(cases, run, "e-1", "e-2")
    yes = approval(request_id="e-2")
    approvals = [decided(approval(), DecisionKind.EDIT, amount=80), decided(yes, DecisionKind.APPROVE)]
    await cases.commit(Commit(row=row(3, topic="payout"), approvals=approvals))
    await controls.put(wanted(Autonomy.REVIEW))
    with pytest.raises(SwitchedOff) as held:
        await record.apply(pay("e-1"))
    assert held.value.level == Autonomy.REVIEW
    assert (await record.apply(pay("e-2"))).status is EffectStatus.APPLIED


async def test_the_history_only_grows(controls: PostgresControls, run: Run) -> None:
    await controls.put(wanted())
    for change in (
        "UPDATE handrail.controls SET level = 'auto'",
        "DELETE FROM handrail.controls",
        "TRUNCATE handrail.controls",
    ):
        with pytest.raises(IntegrityConstraintViolation, match="only added to"):
            await run(change)


async def test_nothing_leaves_where_the_controls_cannot_be_read(
    cases: PostgresCases, record: PostgresRecord, controls: PostgresControls, run: Run
) -> None:
    await opened(cases, run, "e-1")
    await run("ALTER VIEW handrail.controls_in_force RENAME TO elsewhere")
    found = await controls.over("payout", "C-1")
    assert found == ControlsInForce(unreadable="UndefinedTable")
    assert found.dialled("pay").autonomy is Autonomy.OFF
    with pytest.raises(SwitchedOff, match="cannot be read"):
        await record.apply(pay())
    with pytest.raises(SwitchedOff, match="cannot be read"):
        await cases.commit(reply())
    await run("ALTER VIEW handrail.elsewhere RENAME TO controls_in_force")
    assert (await record.apply(pay())).status is EffectStatus.APPLIED


async def test_many_workers_that_see_the_same_trouble_take_one_step(controls: PostgresControls) -> None:
    async def step(pause: timedelta = MINUTE, **more: Any) -> Autonomy | None:
        control = await controls.step_down("trouble", pause=pause, lasting=QUARTER, **more)
        return control.level if control else None

    taken = await asyncio.gather(*(step() for _ in range(6)))
    assert sorted(filter(None, taken)) == [Autonomy.REVIEW]
    assert await step(urgent=True) is None
    now = timedelta()
    assert [await step(now) for _ in range(3)] == [Autonomy.DRAFT, Autonomy.OFF, None]
    (held,) = await controls.in_force()
    assert (held.hand, held.actor, held.scope) == (Hand.HANDRAIL, "handrail", str(GLOBAL))
    assert held.expires_at is not None
    assert held.expires_at - held.set_at < QUARTER + timedelta(seconds=1)
    await controls.clear(["global"], "mended", "ann")
    assert await step() is None, "just cleared: the numbers are still those of before"
    assert await step(urgent=True) is Autonomy.REVIEW, "an unapproved model is no matter of numbers"
