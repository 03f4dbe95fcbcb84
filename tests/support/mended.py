"""Cases to whose runs something was done in Temporal: what the comparison with the record finds, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from handrail.domain.case.cases import CaseView
from handrail.domain.case.reconciling import DifferenceKind, Reconciliation
from handrail.postgres.case.standings import PostgresStandings
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.house import House, wait_for
from tests.workflows.test_paths import HELD

BEFORE = datetime.now(UTC) - timedelta(minutes=1)


def reconciler(home: House) -> Reconciler:
    """Without a pause of grace: nothing here happens by itself."""
    return Reconciler(home.temporal, PostgresStandings(home.pool), home.settings.task_queue, timedelta(0))


async def mended(home: House, case_id: str, kind: DifferenceKind) -> Reconciliation:
    """One look that finds the case, once the server's lists know what happened, and mends it."""

    async def look() -> Reconciliation | None:
        found = await reconciler(home).once(fix=True, since=BEFORE)
        return found if any(one.case_id == case_id for one in found.differences) else None

    report: Reconciliation = await wait_for(look)
    [mine] = [one for one in report.differences if one.case_id == case_id]
    assert (mine.kind, mine.mended) == (kind, True), mine
    return report


async def held(home: House) -> CaseView:
    """A case whose refund waits for a person's yes."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case


async def with_a_person(home: House, case_id: str, reason: str) -> CaseView:
    """The case is with people for this reason, in its record and in the queue, and every old question is withdrawn."""
    case = await home.until(case_id, lambda view: (view.status, view.reason) == ("WithHuman", reason))
    assert not [one for one in case.approvals if one.status == "open"]
    assert await home.cases.handoff(case_id)

    async def recorded() -> bool:
        [(status, why, open_ones, waiting)] = await home.rows(
            "select c.status, c.reason, (select count(*) from handrail.approvals a where a.case_id = c.case_id"
            " and a.status = 'open'), (select count(*) from handrail.queue_items q where q.case_id = c.case_id)"
            " from handrail.cases c where c.case_id = %(c)s",
            c=case_id,
        )
        return (status, why, open_ones, waiting) == ("WithHuman", reason, 0, 1)

    await wait_for(recorded)
    return case


async def equal(home: House, case_id: str) -> None:
    """Another look finds nothing about the case."""
    again = await reconciler(home).once(fix=True, thorough=True)
    assert [one for one in again.differences if one.case_id == case_id] == []


def open_ones(view: CaseView) -> set[int]:
    """Revisions of what is asked."""
    return {one.revision for one in view.approvals if one.status == "open"}


def asks_anew(seen: set[int]) -> Callable[[CaseView], bool]:
    """A decision is awaited, under a revision that nobody has seen."""
    return lambda view: bool(open_ones(view)) and not seen & open_ones(view)


async def refunds(home: House, case: CaseView) -> int:
    """How often money went out for the case."""
    [(count,)] = await home.rows("select count(*) from handrail.effects where case_id = %(c)s", c=case.case_id)
    return int(count)
