"""A record that lost something, or is ahead of its run, is brought back."""

from __future__ import annotations

from datetime import timedelta

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.reconciling import DifferenceKind
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.standings import PostgresStandings
from handrail.postgres.pool import open_pool
from handrail.shop import business as shop
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.house import House, wait_for
from tests.support.mended import equal, held, mended, with_a_person


async def test_a_record_newer_than_its_run_goes_to_a_person(there: House) -> None:
    case = await held(there)
    await there.rows(
        "update handrail.cases set version = version + 50, status = 'WithHuman', reason = 'risk' where case_id = %(c)s"
        " returning 1",
        c=case.case_id,
    )
    await mended(there, case.case_id, DifferenceKind.AHEAD)
    await with_a_person(there, case.case_id, "run_lost")
    await equal(there, case.case_id)


async def test_a_record_that_lost_everything_is_rebuilt_and_an_effect_is_not_made_up(there: House, database_url: str) -> None:
    case = await held(there)
    seen = case.approvals[-1]
    yes = DecisionInput(decision=DecisionKind.APPROVE, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann")
    await there.cases.decide(case.case_id, yes)
    await there.until(case.case_id, lambda view: view.status == "Resolved")
    said = await there.world.cases.transcript(case.case_id)
    pool = await open_pool(database_url, size=2)
    try:
        again = Reconciler(there.temporal, PostgresStandings(pool), there.settings.task_queue, timedelta(0))

        async def look(*, thorough: bool = False) -> dict[DifferenceKind, bool | None]:
            report = await again.once(fix=True, thorough=thorough)
            return {one.kind: one.mended for one in report.differences if one.case_id == case.case_id}

        assert await wait_for(look) == {DifferenceKind.UNRECORDED: True, DifferenceKind.EFFECT_MISSING: True}
        stored = PostgresCases(pool, shop)
        assert [one.message_id for one in await stored.transcript(case.case_id)] == [one.message_id for one in said]
        view = await stored.show(case.case_id)
        assert (view.status, view.customer_id, view.effects) == ("Resolved", case.customer_id, [])
        assert [one.decision.reviewer for one in view.approvals if one.decision] == ["ann"]
        async with PostgresAudit(pool).trail() as trail:
            assert await trail.unwitnessed() is None
        # Its worker writes into the other record: what comes of the case once people have it is behind in this one.
        await with_a_person(there, case.case_id, "effect_lost")
        assert await look(thorough=True) == {DifferenceKind.BEHIND: True, DifferenceKind.EFFECT_MISSING: None}
        assert await look(thorough=True) == {DifferenceKind.EFFECT_MISSING: None}
    finally:
        await pool.close()
