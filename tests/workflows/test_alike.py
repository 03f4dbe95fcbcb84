"""Open cases that stood alike are counted and not listed again, and whatever differs is found all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from handrail.domain.case.cases import CaseView
from handrail.domain.case.reconciling import DifferenceKind
from handrail.postgres.case.standings import PostgresStandings
from handrail.temporal.cases.executions import Execution, newest_runs
from handrail.temporal.repair import alike
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.house import House, wait_for
from tests.support.menus import Page
from tests.workflows.test_paths import HELD

BEFORE = datetime.now(UTC) - timedelta(minutes=1)
Listed = list[set[str]]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """The cases that each listing brought an open run of."""
    found = Listed()

    async def noted(client: Client, since: datetime | None, begun: datetime | None = None) -> dict[str, Execution]:
        runs = await newest_runs(client, since, begun)
        found.append({case_id for case_id, run in runs.items() if not run.closed})
        return runs

    monkeypatch.setattr(alike, "newest_runs", noted)
    return found


async def held(home: House) -> CaseView:
    """A case whose refund waits for a person's yes."""
    order = await home.order(**HELD)
    return await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")


async def looked(home: House, listed: Listed, *cases: CaseView) -> Reconciler:
    """Return a reconciler that has found all cases alike, these among them, and lists none of them any more."""
    reconciler = Reconciler(home.temporal, PostgresStandings(home.pool), home.settings.task_queue, timedelta(0))
    mine = {one.case_id for one in cases}
    assert not (await reconciler.once(fix=False)).differences
    assert mine <= listed[-1], "the first look is at all"

    async def rested() -> bool:
        found = await reconciler.once(fix=False, since=BEFORE)
        assert not found.differences
        return found.compared >= len(mine) and not mine & listed[-1]

    await wait_for(rested)
    return reconciler


async def found(home: House, reconciler: Reconciler, case_id: str) -> DifferenceKind:
    """Return what becomes known of the case, once the server's lists know what happened; it is mended."""

    async def look() -> DifferenceKind | None:
        report = await reconciler.once(fix=True, since=BEFORE)
        return next((one.kind for one in report.differences if one.case_id == case_id), None)

    kind: DifferenceKind = await wait_for(look)
    await home.until(case_id, lambda view: (view.status, view.reason) == ("WithHuman", "run_lost"))
    return kind


async def test_what_is_new_is_listed_and_what_stood_alike_again_after_ten_minutes(
    there: House, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await held(there), await held(there)
    reconciler = await looked(there, listed, first, second)
    third = await held(there)

    async def met() -> bool:
        await reconciler.once(fix=False, since=BEFORE)
        return third.case_id in listed[-1]

    await wait_for(met)
    reconciler = await looked(there, listed, first, second, third)
    monkeypatch.setattr(alike, "WHOLE", timedelta(0))
    await reconciler.once(fix=False, since=BEFORE)
    assert {first.case_id, second.case_id, third.case_id} <= listed[-1]


@pytest.mark.parametrize("end", [Page.terminate, Page.delete])
async def test_a_run_that_is_gone_is_found_though_it_stood_alike(
    there: House, listed: Listed, end: Callable[[Page, str], object]
) -> None:
    kept, gone = await held(there), await held(there)
    reconciler = await looked(there, listed, kept, gone)
    await end(Page(there.temporal), gone.case_id)  # type: ignore[misc]
    assert await found(there, reconciler, gone.case_id) is DifferenceKind.LOST
    await looked(there, listed, kept, gone)


async def test_a_record_that_changed_is_found_though_it_stood_alike(there: House, listed: Listed) -> None:
    case = await held(there)
    reconciler = await looked(there, listed, case)
    await there.rows(
        "update handrail.cases set version = version + 50, status = 'WithHuman', reason = 'risk' where case_id = %(c)s"
        " returning 1",
        c=case.case_id,
    )
    assert await found(there, reconciler, case.case_id) is DifferenceKind.AHEAD


async def test_cases_of_another_line_are_listed_every_time(there: House, listed: Listed) -> None:
    """They are in no number of this line, so nothing is said of them without a listing."""
    case = await held(there)
    elsewhere = Reconciler(there.temporal, PostgresStandings(there.pool), "another-line", timedelta(0))
    for _ in range(2):
        await elsewhere.once(fix=False, since=BEFORE)
        assert case.case_id in listed[-1]


async def test_a_commit_that_is_on_its_way_is_no_difference(there: House) -> None:
    """The case says its new version before the record has it; here the record is kept from taking it for a while."""
    case = await held(there)
    await there.cases.request_human(case.case_id)
    case = await there.until(case.case_id, lambda view: view.status == "WithHuman")
    reconciler = Reconciler(there.temporal, PostgresStandings(there.pool), there.settings.task_queue, timedelta(0))
    async with there.pool.connection() as connection, connection.transaction():
        await connection.execute("select 1 from handrail.cases where case_id = %s for update", (case.case_id,))
        claiming = asyncio.create_task(there.cases.claim(case.case_id, "bea"))

        async def ahead() -> bool:
            return (await there.cases.status(case.case_id)).version > case.version

        await wait_for(ahead)
        looking = asyncio.create_task(reconciler.once(fix=False, thorough=True))
        done, _ = await asyncio.wait([looking], timeout=1)
        assert not done, "the look does not end before the commit does"
    assert not [one for one in (await looking).differences if one.case_id == case.case_id]
    assert await claiming
