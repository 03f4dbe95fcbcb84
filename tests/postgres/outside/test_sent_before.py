"""An effect that was sent and not answered stays as it was ruled on: it goes out as the same or not at all, and is settled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.business import Business
from handrail.domain.actions.approvals import ApprovalStatus, DecisionKind, HumanRequest
from handrail.domain.actions.earlier import EarlierOutcome
from handrail.domain.actions.proposals import Ruling
from handrail.domain.actions.unsettled import EffectFound
from handrail.domain.autonomy.controls import ControlRequest, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import digest
from handrail.domain.case.cases import Commit
from handrail.domain.errors import EffectConflict, OutcomeUnknown, SwitchedOff
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import FixedClock, approval, decided, effect, row, ruling
from tests.postgres.conftest import Run
from tests.postgres.outside.test_cut_sends import ACTION, Bank, paying
from tests.postgres.outside.test_outside_effects import PAYS, killed
from tests.postgres.test_taken_back import until_blocked
from tests.support.outside.bookings import Hotel

LESS: dict[str, Any] = {**PAYS, "amount": 10}
STANDS = "SELECT ruling, arguments, approval_status FROM handrail.actions WHERE effect_id = 'e-1'"


@pytest.fixture
def tools(pool: Pool, outside: Business) -> PostgresRecord:
    return PostgresRecord(pool, outside, FixedClock())


@pytest.fixture
def effects(pool: Pool) -> UnsettledEffects:
    return UnsettledEffects(pool)


@pytest.fixture
async def cut(outside: Business, cases: PostgresCases, hotel: Hotel, run: Run) -> None:
    """The refund that policies allowed went out, and its answer is lost."""
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    hotel.refunds["e-1"] = {**PAYS}


async def asked_about(cases: PostgresCases, arguments: dict[str, Any], status: ApprovalStatus) -> None:
    """Rule that a person approves the effect with these arguments, and end the question."""
    request = HumanRequest(
        request_id="e-1", action=ACTION, title="t", headline="h", arguments=arguments, arguments_hash=digest(arguments)
    )
    asked = approval(request=request)
    await cases.commit(ruling(Ruling.REQUIRE_APPROVAL, version=2, action=ACTION, arguments=arguments))
    await cases.commit(Commit(row=row(3), approvals=[asked]))
    ended = asked.model_copy(update={"status": status})
    if status is ApprovalStatus.REJECTED:
        ended = decided(asked, DecisionKind.REJECT)
    await cases.commit(Commit(row=row(4), approvals=[ended]))


async def settled(effects: UnsettledEffects, *, made: bool) -> tuple[str, dict[str, Any]]:
    found = await effects.settle(EffectFound(effect_id="e-1", made=made, actor="ann", reason="The hotel's list."))
    return found.status, found.arguments


@pytest.mark.usefixtures("outside")
async def test_what_a_killed_worker_has_sent_is_not_ruled_on_again_and_is_settled(
    cases: PostgresCases, effects: UnsettledEffects, hotel: Hotel, database_url: str, tmp_path: Path, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action=ACTION, arguments=PAYS))
    await killed(database_url, tmp_path, hotel, ACTION, PAYS)
    await cases.commit(ruling(Ruling.BLOCK, version=2, action=ACTION, arguments=PAYS))
    assert await run(STANDS) == [("allow", PAYS, None)]
    assert await settled(effects, made=True) == ("applied", PAYS)


@pytest.mark.usefixtures("cut")
async def test_other_arguments_are_not_ruled_on_under_the_id_of_what_was_sent(
    cases: PostgresCases, effects: UnsettledEffects, run: Run
) -> None:
    await cases.commit(ruling(Ruling.BLOCK, version=2, action=ACTION, arguments=LESS))
    assert await run(STANDS) == [("allow", PAYS, None)]
    assert [one.arguments for one in await effects.all(age=timedelta(0))] == [PAYS]
    assert await settled(effects, made=False) == ("refused", PAYS)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize("end", [ApprovalStatus.REJECTED, ApprovalStatus.WITHDRAWN, ApprovalStatus.EXPIRED])
async def test_a_decision_that_comes_behind_the_sending_says_nothing_of_what_was_sent(
    end: ApprovalStatus, made: bool, cases: PostgresCases, effects: UnsettledEffects, run: Run
) -> None:
    await asked_about(cases, LESS, end)
    assert await run(STANDS) == [("allow", PAYS, None)]
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]
    assert await settled(effects, made=made) == ("applied" if made else "refused", PAYS)


@pytest.mark.usefixtures("cut")
async def test_the_same_key_never_goes_out_with_another_body(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, version=2, action=ACTION, arguments=LESS, revision=2))
    with pytest.raises(EffectConflict):
        await tools.apply(effect("e-1", LESS, action=ACTION))
    assert (hotel.tries, hotel.refunds["e-1"]["amount"]) == ([], 30)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("level", [Autonomy.OFF, Autonomy.REVIEW])
async def test_a_switch_keeps_in_what_was_sent_before(
    level: Autonomy, pool: Pool, outside: Business, cases: PostgresCases, tools: PostgresRecord, hotel: Hotel
) -> None:
    switch = ControlRequest(scope=Scope.parse(f"tool:{ACTION}"), level=level, reason="a test", actor="ann")
    await PostgresControls(pool, outside).put(switch)
    with pytest.raises(SwitchedOff):
        await tools.apply(effect("e-1", PAYS, action=ACTION))
    assert hotel.tries == []
    assert [one.outcome for one in await cases.earlier("case-1")] == [EarlierOutcome.UNKNOWN]


async def test_a_ruling_that_waited_while_it_was_sent_reads_that_it_was(
    cases: PostgresCases, pool: Pool, outside: Business, database_url: str, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    bank = Bank(OutcomeUnknown("Nobody knows."), note=False)
    bank.hold.clear()
    attempt = asyncio.create_task(paying(pool, outside, bank).apply(effect()))
    await asyncio.wait_for(bank.asked.wait(), 60)
    again = asyncio.create_task(cases.commit(ruling(Ruling.BLOCK, version=2)))
    await until_blocked(database_url, "handrail.commit_step")
    bank.hold.set()
    with pytest.raises(OutcomeUnknown):
        await attempt
    await again
    assert [ruled for ruled, *_ in await run(STANDS)] == ["allow"]


async def test_what_was_not_reached_is_ruled_on_again(cases: PostgresCases, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    await run("DELETE FROM handrail.effect_attempts")
    await cases.commit(ruling(Ruling.BLOCK, version=2))
    assert [ruled for ruled, *_ in await run(STANDS)] == ["block"]
