"""The mutant of the chaos drill without the fence of lost turns: the checker names what it makes, from the record itself."""

from __future__ import annotations

import pytest

from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.turns import TurnSuperseded
from handrail.drills.chaos.invariants.effects import effects_of_lost_turns
from handrail.drills.chaos.seen.evidence import ChaosEvidence, LedgerRow, ToldEvent
from handrail.drills.chaos.work import UnfencedRecord
from handrail.drills.queries import read
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import FixedClock, effect, row
from tests.postgres.test_lost_turns import allowed, key
from tests.postgres.wallets import business

TAKEN = (CaseStatus.WITH_HUMAN, CaseStatus.RESOLVED, CaseStatus.CLOSED)


async def named(pool: Pool) -> list[str]:
    """What the checker says of the record."""
    told = [ToldEvent.model_validate(one) for one in await read(pool, "chaos_told")]
    ledger = [LedgerRow.model_validate(one) for one in await read(pool, "chaos_actions")]
    return [one.seen for one in effects_of_lost_turns(ChaosEvidence(told=told, ledger=ledger))]


@pytest.mark.parametrize("status", TAKEN)
async def test_an_effect_of_a_turn_that_lost_its_case_is_named_and_the_product_makes_none(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, status: CaseStatus
) -> None:
    await cases.commit(allowed(key()))
    await cases.commit(Commit(row=row(2, status=status)))
    with pytest.raises(TurnSuperseded):
        await record.apply(effect(turn=key()))
    assert await named(pool) == []
    await UnfencedRecord(pool, business, FixedClock()).apply(effect(turn=key()))
    assert await named(pool) == [f"pay e-1 was made while the case was {status}: no turn had it"]


async def test_an_effect_behind_a_hand_back_is_no_lost_turns(cases: PostgresCases, record: PostgresRecord, pool: Pool) -> None:
    await cases.commit(allowed(key()))
    await cases.commit(Commit(row=row(2, status=CaseStatus.WITH_HUMAN)))
    await cases.commit(Commit(row=row(3, status=CaseStatus.WORKING)))
    await cases.commit(allowed(key("t-2", minutes=5), 4))
    await record.apply(effect(turn=key("t-2", minutes=5)))
    assert await named(pool) == []
