"""An effect that was cut off while another system worked on it: of unknown outcome for everybody, and the same for itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphs.ruling.repeats import Repeats
from graphs.views import GuardrailView
from handrail.business import Business
from handrail.domain.actions.earlier import REPEATED, EarlierOutcome
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import Proposal, Ruling, Verdict
from handrail.domain.case.cases import Commit
from handrail.domain.errors import NotReached, OutcomeUnknown
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool, open_pool
from tests.postgres.build import FixedClock, at, effect, proposal, row, ruled, ruling
from tests.postgres.conftest import Run
from tests.postgres.outside.test_outside_effects import PAYS, killed
from tests.postgres.test_taken_back import take_back, until_blocked, withdrawal
from tests.support.outside.bookings import Hotel

ACTION = "refund_booking"
AT_ONCE = 12


@pytest.fixture
def tools(pool: Pool, outside: Business) -> PostgresRecord:
    return PostgresRecord(pool, outside, FixedClock())


@pytest.fixture
async def cut(outside: Business, cases: PostgresCases, hotel: Hotel, database_url: str, tmp_path: Path) -> None:
    """A process that was killed once the hotel had paid back, and before it answered."""
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    await killed(database_url, tmp_path, hotel, ACTION, PAYS)
    assert list(hotel.refunds) == ["e-1"]


async def over(cases: PostgresCases, tools: PostgresRecord, wanted: Proposal) -> Verdict:
    """The ruling on a proposal that a policy allows, over what the ledger holds."""
    view = GuardrailView(row=row(2), turn=2)
    again = await Repeats(cases, tools).of(view, wanted, "Refund 30 for booking B-1", await cases.earlier("case-1"))
    return again.over(wanted, ruled(wanted, Ruling.ALLOW).verdict)


@pytest.mark.usefixtures("cut")
async def test_what_was_cut_off_is_of_unknown_outcome_for_everybody_else(
    cases: PostgresCases, pool: Pool, outside: Business, tools: PostgresRecord, run: Run
) -> None:
    await run("UPDATE handrail.cases SET status = 'WithHuman'")
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    assert [one.effect_id for one in await UnsettledEffects(pool).all(age=timedelta(0))] == ["e-1"]
    past = await PostgresHistory(pool, outside, FixedClock()).of("another", "C-1", [])
    assert (past[f"history.{ACTION}.count_24h"], past[f"history.{ACTION}.sum_amount_24h"]) == (1, 30)
    # Handed back, the agent proposes the same once more: a new effect, under a new key.
    held = await over(cases, tools, proposal("e-2", PAYS, action=ACTION))
    assert held.ruling is Ruling.REQUIRE_APPROVAL
    assert f"{held.hits[0].policy}/{held.hits[0].rule}" == REPEATED
    assert held.hits[0].message.startswith("Begun in this case, and nobody knows whether it was done: refund_booking (")


@pytest.mark.usefixtures("cut")
async def test_the_same_effect_goes_out_again_under_the_same_key(
    cases: PostgresCases, pool: Pool, tools: PostgresRecord, hotel: Hotel
) -> None:
    assert (await over(cases, tools, proposal("e-1", PAYS, action=ACTION))).ruling is Ruling.ALLOW
    done = await tools.apply(effect("e-1", PAYS, action=ACTION))
    assert (done.status, hotel.tries, list(hotel.refunds)) == (EffectStatus.APPLIED, ["e-1", "e-1"], ["e-1"])
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.APPLIED]
    assert await UnsettledEffects(pool).all(age=timedelta(0)) == []


@pytest.mark.usefixtures("cut")
async def test_what_is_refused_before_it_is_sent_again_says_nothing_of_what_was_sent(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel
) -> None:
    hotel.bookings.clear()
    with pytest.raises(OutcomeUnknown, match=r"refund_booking was begun before .* There is no such thing in this account"):
        await tools.apply(effect("e-1", PAYS, action=ACTION))
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]


async def test_what_a_turn_is_cut_off_from_is_noted(cases: PostgresCases, tools: PostgresRecord, hotel: Hotel) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    hotel.hold.clear()
    attempt = asyncio.create_task(tools.apply(effect("e-1", PAYS, action=ACTION)))
    try:
        assert await asyncio.to_thread(hotel.asked.wait, 60)
        assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
    finally:
        hotel.hold.set()
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]


async def test_a_yes_that_is_taken_back_while_a_send_hangs_leaves_it_of_unknown_outcome(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel, database_url: str
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    hotel.lose = 3
    hotel.hold.clear()
    attempt = asyncio.create_task(tools.apply(effect("e-1", PAYS, action=ACTION)))
    try:
        assert await asyncio.to_thread(hotel.asked.wait, 60)
        taking = asyncio.create_task(take_back(cases))
        await until_blocked(database_url, "SELECT handrail.take_back")
    finally:
        hotel.hold.set()
    with pytest.raises(OutcomeUnknown):
        await attempt
    await taking
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    tries = len(hotel.tries)
    with pytest.raises(OutcomeUnknown, match="it is not made again"):
        await tools.apply(effect("e-1", PAYS, action=ACTION))
    assert len(hotel.tries) == tries


async def test_an_effect_that_waited_behind_the_withdrawal_of_what_was_sent_is_not_sent_again(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel, database_url: str, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    entry = withdrawal().model_dump_json()
    async with await psycopg.AsyncConnection.connect(database_url) as taking:
        await taking.execute("SELECT handrail.take_back('case-1', ARRAY['e-1'], %s, %s::jsonb)", [at(2), entry])
        again = asyncio.create_task(tools.apply(effect("e-1", PAYS, action=ACTION)))
        await until_blocked(database_url, "handrail.begin_effect")
        await taking.commit()
    with pytest.raises(OutcomeUnknown, match="it is not made again"):
        await again
    assert hotel.tries == []


async def test_a_look_up_that_refuses_first_leaves_no_note(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    hotel.bookings.clear()
    assert (await tools.apply(effect("e-1", PAYS, action=ACTION))).status is EffectStatus.REFUSED
    assert await run("SELECT 1 FROM handrail.effect_attempts") == []


async def test_effects_that_outnumber_the_connections_do_not_wait_for_one_another(
    cases: PostgresCases, outside: Business, hotel: Hotel, database_url: str
) -> None:
    wanted = [f"e-{number}" for number in range(AT_ONCE)]
    rulings = [ruled(proposal(one, PAYS, action=ACTION), Ruling.ALLOW) for one in wanted]
    await cases.commit(Commit(row=row(), rulings=rulings))
    pool = await open_pool(database_url, size=2, wait=60)
    try:
        small = PostgresRecord(pool, outside, FixedClock())
        done = await asyncio.gather(*(small.apply(effect(one, PAYS, action=ACTION)) for one in wanted))
    finally:
        await pool.close()
    assert {one.status for one in done} == {EffectStatus.APPLIED}
    assert sorted(hotel.tries) == sorted(wanted)


class Bank:
    """A system that a tool of the business's own package calls; while `hold` is not set, it does not answer."""

    def __init__(self, *answers: BaseException | None, note: bool = True) -> None:
        self.answers = list(answers)
        self.note = note
        self.asked, self.hold = asyncio.Event(), asyncio.Event()
        self.hold.set()

    async def pay(self, call: Any, arguments: Any) -> dict[str, Any]:
        """Send it, as a business's own tool does."""
        if self.note:
            await call.sending()
        self.asked.set()
        await self.hold.wait()
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer
        return {"paid": arguments.amount}


def paying(pool: Pool, business: Business, bank: Bank) -> PostgresRecord:
    """The record of a business that pays through a bank."""
    tools = [replace(one, run=bank.pay) if one.name == "pay" else one for one in business.tools]
    return PostgresRecord(pool, replace(business, tools=tuple(tools)), FixedClock())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TimeoutError(), r"pay was sent, and no answer came in time\."),
        (KeyError("paid"), r"pay was begun before .* pay failed \(KeyError\)\."),
    ],
)
async def test_a_tool_of_ones_own_over_another_system_is_noted_too(
    answer: Exception, words: str, cases: PostgresCases, pool: Pool, outside: Business
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    record = paying(pool, outside, Bank(answer, None))
    with pytest.raises(OutcomeUnknown, match=words):
        await record.apply(effect())
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    assert (await record.apply(effect())).result == {"paid": 100}


async def test_what_is_noted_only_once_it_is_lost_is_noted_before_anybody_else_sees_the_row(
    cases: PostgresCases, pool: Pool, outside: Business, database_url: str
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank(OutcomeUnknown("Nobody knows."), note=False)
    bank.hold.clear()
    paying_now = asyncio.create_task(paying(pool, outside, bank).apply(effect()))
    await asyncio.wait_for(bank.asked.wait(), 60)
    taking = asyncio.create_task(take_back(cases))
    await until_blocked(database_url, "SELECT handrail.take_back")
    bank.hold.set()
    with pytest.raises(OutcomeUnknown):
        await paying_now
    await taking
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]


async def test_what_was_not_reached_strikes_its_own_note_and_none_before_it(
    cases: PostgresCases, pool: Pool, outside: Business, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    away = NotReached("The bank does not answer.")
    record = paying(pool, outside, Bank(away, TimeoutError(), away))
    with pytest.raises(NotReached):
        await record.apply(effect())
    assert await run("SELECT 1 FROM handrail.effect_attempts") == []
    with pytest.raises(OutcomeUnknown):
        await record.apply(effect())
    with pytest.raises(OutcomeUnknown, match=r"pay was begun before .*The bank does not answer\."):
        await record.apply(effect())
    assert await run("SELECT effect_id FROM handrail.effect_attempts") == [("e-1",)]


async def test_what_fails_before_anything_is_sent_was_not_made(cases: PostgresCases, pool: Pool, outside: Business) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    with pytest.raises(KeyError):
        await paying(pool, outside, Bank(KeyError("paid"), note=False)).apply(effect())
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.NOT_DONE]
