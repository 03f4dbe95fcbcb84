"""What becomes of a case, its record, the queue and the customer when somebody uses the Temporal Web UI's menus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.empty_pb2 import Empty
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import ABOVE_ALL, CaseView
from handrail.domain.case.reconciling import DifferenceKind, Reconciliation
from handrail.domain.errors import IllegalTransition
from handrail.embedded.ports import free_block
from handrail.embedded.process import run
from handrail.embedded.temporal import Temporal
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.standings import PostgresStandings
from handrail.postgres.pool import open_pool
from handrail.shop import business as shop
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import Paused, RunStatus, execution, executions, paused_cases
from handrail.temporal.connect import connect
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.house import House, house, wait_for
from tests.support.menus import Page
from tests.support.raw import Wire, plain
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import HELD

BEFORE = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def pausing(servers: Path) -> Iterator[Temporal]:
    """A server on which cases can be paused, as any company's may be."""
    base = free_block(4)
    server = Temporal(servers / "pausing.db", base, base + 1, base + 2, base + 3, **{"frontend.WorkflowPauseEnabled": "true"})
    with run(server, servers / "pausing.log"):
        yield server


@pytest.fixture(scope="module")
async def there(pausing: Temporal, own_shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """A house over that server."""
    client = await connect(pausing.address)
    async with house(client, own_shop_url, scripted_model.root) as everything:
        await everything.model.clear()
        yield everything


@pytest.fixture(scope="module", autouse=True)
async def overdue(
    pausing: Temporal, own_shop_url: str, scripted_model: ScriptedModel
) -> AsyncIterator[tuple[House, CaseView]]:
    """A case that was paused while it had a minute to wait for a decision; the minute passes beside the other tests."""
    client = await connect(pausing.address)
    async with house(client, own_shop_url, scripted_model.root, approval_minutes=1) as hurried:
        await hurried.model.clear()
        case = await held(hurried)
        await Page(client).pause(case.case_id)
        yield hurried, case


@pytest.fixture(scope="module")
def page(there: House) -> Page:
    """The page of a case."""
    return Page(there.temporal)


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


async def test_a_terminated_case_comes_back_to_a_person(there: House, page: Page) -> None:
    case = await held(there)
    before = await there.cases.transcript(case.case_id)
    await page.terminate(case.case_id, "wrong tab")
    with pytest.raises(IllegalTransition, match=r"terminated.*reconcile"):
        await there.cases.say(case.case_id, "Hello?")
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert back.customer_id == case.customer_id
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "terminated in Temporal by ann: wrong tab" in packet.escalation.words
    assert [one.text for one in await there.cases.transcript(case.case_id)][: len(before)] == [one.text for one in before]
    assert (await there.cases.say(case.case_id, "Any news?")).status == "WithHuman"
    assert await there.cases.claim(case.case_id, "bea")
    assert await refunds(there, case) == 0
    [(by,)] = await there.rows(
        "select actor from handrail.audit where case_id = %(c)s and action = 'run_lost'", c=case.case_id
    )
    assert by == "handrail"
    await equal(there, case.case_id)


async def test_what_was_paid_before_is_known_and_not_paid_again(there: House, page: Page) -> None:
    case = await held(there)
    seen = case.approvals[-1]
    wanted = DecisionInput(decision=DecisionKind.APPROVE, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann")
    await there.cases.decide(case.case_id, wanted)
    done = await there.until(case.case_id, lambda view: view.status == "Resolved")
    await there.cases.request_human(case.case_id)
    await there.until(case.case_id, lambda view: view.status == "WithHuman")
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert [one.effect_id for one in back.effects] == [one.effect_id for one in done.effects]
    await there.cases.claim(case.case_id, "bea")
    await there.cases.hand_back(case.case_id, "bea", "Please tell the customer how it stands.")
    await there.until(case.case_id, lambda view: view.turn > back.turn and view.status != "Working")
    assert await refunds(there, case) == 1


async def test_a_resolved_case_goes_on_waiting_for_its_customer(there: House, page: Page) -> None:
    order = await there.order(status="shipped")
    case = await there.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status == "Resolved", case
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await there.until(case.case_id, lambda view: view.customer_id != "")
    assert (back.status, back.reply) == ("Resolved", case.reply)
    assert (await there.cases.say(case.case_id, "I want to talk to a human being.")).case_id == case.case_id
    await with_a_person(there, case.case_id, "customer_asked")


async def test_a_message_that_only_the_lost_run_had_heard_is_not_lost(there: House, page: Page) -> None:
    case = await held(there)
    await page.pause(case.case_id)
    await Wire(there).signal(case.case_id, "message", plain({"message_id": "late-1", "text": "It is urgent, by the way."}))
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    await with_a_person(there, case.case_id, "run_lost")
    assert "It is urgent, by the way." in [one.text for one in await there.world.cases.transcript(case.case_id)]


async def test_a_deleted_case_comes_back_to_a_person(there: House, page: Page, short_runs: None) -> None:
    """Deleting takes the newest run alone; one that went on in it stays listed."""
    case = await held(there)

    async def parked() -> bool:
        query = f"WorkflowId = 'case-{case.case_id}' AND ExecutionStatus = 'ContinuedAsNew'"
        return any([one async for one in executions(there.temporal, query)])

    await wait_for(parked)
    await page.delete(case.case_id)

    async def gone() -> bool:
        try:
            await execution(there.temporal, f"case-{case.case_id}")
        except RPCError as error:
            return error.status is RPCStatusCode.NOT_FOUND
        return False

    await wait_for(gone)
    await mended(there, case.case_id, DifferenceKind.LOST)
    await with_a_person(there, case.case_id, "run_lost")
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "deleted" in packet.escalation.words
    await equal(there, case.case_id)


async def test_a_case_that_reached_a_time_limit_comes_back_to_a_person(there: House) -> None:
    order, case_id = await there.order(**HELD), f"t-{uuid4().hex[:12]}"
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    opened = {"case_id": case_id, "customer_id": order.customer_id, "message": {"message_id": "m-1", "text": text}}
    limit: dict[str, Any] = {"workflow_execution_timeout": timedelta(seconds=6)}
    await Wire(there).start(f"case-{case_id}", plain(opened), **limit)
    await there.settled(case_id)

    async def over() -> bool:
        return (await execution(there.temporal, f"case-{case_id}")).standing is RunStatus.TIMED_OUT

    await wait_for(over)
    await mended(there, case_id, DifferenceKind.LOST)
    await with_a_person(there, case_id, "run_lost")


async def test_a_case_that_ended_before_it_was_recorded_is_begun_again(there: House, page: Page) -> None:
    order, case_id = await there.order(**HELD), f"t-{uuid4().hex[:12]}"
    opened = {
        "case_id": case_id,
        "customer_id": order.customer_id,
        "message": {"message_id": "m-1", "text": "A human please."},
    }
    await Wire(there).start(f"case-{case_id}", plain(opened), workflow_start_delay=timedelta(hours=1))
    await page.terminate(case_id)
    await mended(there, case_id, DifferenceKind.NEVER_BEGUN)
    await with_a_person(there, case_id, "customer_asked")


async def test_what_another_installation_runs_in_the_same_namespace_is_left_alone(there: House) -> None:
    case_id = f"t-{uuid4().hex[:12]}"
    elsewhere = CaseClient(there.temporal, task_queue="another-installation")
    order = await there.strangers_order(status="shipped")
    await elsewhere.open_case(case_id, order.customer_id, "Where is my order?")
    handle = there.temporal.get_workflow_handle(f"case-{case_id}")
    await handle.terminate("a rehearsal")

    async def listed() -> bool:
        query = f"WorkflowId = 'case-{case_id}' AND ExecutionStatus = 'Terminated'"
        return bool([one async for one in executions(there.temporal, query)])

    await wait_for(listed)
    found = await reconciler(there).once(fix=True)
    assert case_id not in {one.case_id for one in found.differences}
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_the_same_start_again_brings_a_terminated_case_to_a_person(there: House, page: Page) -> None:
    """What a backend does that sends what was not answered again."""
    order, case_id = await there.order(**HELD), f"t-{uuid4().hex[:12]}"
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    message = {"message_id": "m-1", "text": text}
    given = plain({"case_id": case_id, "customer_id": order.customer_id, "channel": "rehearsal", "message": message})
    await Wire(there).start(f"case-{case_id}", given)
    case = await there.settled(case_id)
    before = [one.text for one in await there.world.cases.transcript(case_id)]
    await Wire(there).signal(case.case_id, "message", plain({"message_id": "late-2", "text": "It is urgent, by the way."}))
    await page.terminate(case.case_id, "wrong tab")
    await Wire(there).start(f"case-{case.case_id}", given)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert (back.customer_id, back.channel) == (case.customer_id, case.channel)
    assert back.version > case.version
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "terminated in Temporal by ann: wrong tab" in packet.escalation.words
    said = [one.text for one in await there.world.cases.transcript(case.case_id)]
    assert (said[: len(before)], said.count(text), said.count("It is urgent, by the way.")) == (before, 1, 1)
    assert await refunds(there, case) == 0
    await equal(there, case.case_id)


async def test_cancelling_gives_the_case_to_a_person(there: House, page: Page) -> None:
    case = await held(there)
    await page.cancel(case.case_id)
    await with_a_person(there, case.case_id, "cancelled")
    assert (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.RUNNING
    await equal(there, case.case_id)


async def test_resetting_to_any_task_asks_anew_and_pays_nothing(there: House, page: Page) -> None:
    case = await held(there)
    seen = {one.revision for one in case.approvals}
    for place in (0, -1):
        await page.reset(case.case_id, (await page.tasks(case.case_id))[place])
        again = await there.until(case.case_id, asks_anew(set(seen)))
        seen |= {one.revision for one in again.approvals}
    assert await refunds(there, case) == 0

    async def recorded() -> bool:
        found = await there.rows(
            "select revision from handrail.approvals where case_id = %(c)s and status = 'open'", c=case.case_id
        )
        return [revision for (revision,) in found] == [max(seen)]

    await wait_for(recorded)
    await equal(there, case.case_id)


async def test_resetting_a_case_after_the_money_went_out_pays_nothing_again(there: House, page: Page) -> None:
    case = await held(there)
    one = case.approvals[-1]
    yes = DecisionInput(decision=DecisionKind.APPROVE, approval_id=one.approval_id, revision=one.revision, reviewer="ann")
    await there.cases.decide(case.case_id, yes)
    await there.until(case.case_id, lambda view: view.status == "Resolved")
    before = await told(there, case.case_id)
    run = await page.reset(case.case_id, (await page.tasks(case.case_id))[0])
    await answered_by(there, case.case_id, run)
    assert await refunds(there, case) == 1
    assert await told(there, case.case_id) == before
    await equal(there, case.case_id)


async def test_resetting_a_case_tells_the_customer_nothing_twice(there: House, page: Page) -> None:
    order = await there.order(status="delivered")
    case = await there.open(order.customer_id, f"Where is my order {order.order_id}?")
    before = await told(there, case.case_id)
    assert len(before) == 1
    run = await page.reset(case.case_id, (await page.tasks(case.case_id))[0])
    await answered_by(there, case.case_id, run)
    assert await told(there, case.case_id) == before
    await equal(there, case.case_id)


async def told(there: House, case_id: str) -> list[tuple[str, str]]:
    """What the customer was told: id and words."""
    query = "select message_id, text from handrail.messages where case_id = %(c)s and author <> 'customer' order by at"
    return await there.rows(query, c=case_id)


async def answered_by(there: House, case_id: str, run_id: str) -> None:
    """The run that a reset made has ended its turn."""

    async def ended() -> bool:
        found = await there.rows("select version, status from handrail.cases where case_id = %(c)s", c=case_id)
        return all(version > ABOVE_ALL and status in ("Resolved", "WithHuman") for version, status in found)

    await wait_for(ended)
    assert (await there.temporal.get_workflow_handle(f"case-{case_id}").describe()).run_id == run_id


async def test_a_terminated_run_that_is_reset_goes_on_by_itself(there: House, page: Page) -> None:
    case = await held(there)
    await page.terminate(case.case_id)
    await page.reset(case.case_id, (await page.tasks(case.case_id))[-1])
    again = await there.until(case.case_id, lambda view: view.status == "AwaitingApproval")
    assert min(open_ones(again)) > max(open_ones(case))
    await equal(there, case.case_id)


async def test_a_paused_case_is_seen_and_says_what_to_do(there: House, page: Page) -> None:
    case = await held(there)
    await page.pause(case.case_id, "look into it")
    with pytest.raises(Paused, match=r"paused .* by ann: look into it.*temporal workflow unpause --workflow-id case-"):
        await there.cases.say(case.case_id, "Hello?")
    with pytest.raises(Paused, match="unpause"):
        await there.cases.status(case.case_id)
    with pytest.raises(Paused, match="unpause"):
        await there.cases.claim(case.case_id, "bea")

    async def listed() -> bool:
        return case.case_id in await paused_cases(there.temporal)

    await wait_for(listed)
    query = f"WorkflowType = 'case' AND TaskQueue = '{there.settings.task_queue}'"
    assert case.case_id in [one.case_id async for one in executions(there.temporal, query)]
    report = await reconciler(there).once(fix=True)
    assert case.case_id in report.paused
    assert case.case_id not in [one.case_id for one in report.differences]
    await page.unpause(case.case_id)
    assert (await there.until(case.case_id, lambda view: True)).status == "AwaitingApproval"


async def test_a_deadline_that_passed_during_a_pause_is_acted_on_after_it(overdue: tuple[House, CaseView]) -> None:
    home, case = overdue
    left = (case.approvals[-1].due_at - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(max(left, 0) + 1)
    [(status,)] = await home.rows("select status from handrail.cases where case_id = %(c)s", c=case.case_id)
    assert status == "AwaitingApproval"
    await Page(home.temporal).unpause(case.case_id)
    await with_a_person(home, case.case_id, "approval_expired")
    assert await refunds(home, case) == 0


async def test_starting_like_this_one_does_nothing_twice(there: House, page: Page) -> None:
    case = await held(there)
    given = (await page.events(case.case_id))[0].workflow_execution_started_event_attributes.input.payloads[0]
    with pytest.raises(RPCError) as refused:
        await Wire(there).start(f"case-{case.case_id}", given)
    assert refused.value.status is RPCStatusCode.ALREADY_EXISTS
    other = f"case-t-{uuid4().hex[:12]}"
    await Wire(there).start(other, given)
    copy = await there.settled(other.removeprefix("case-"))
    assert (copy.status, copy.effects) == ("WithHuman", [])
    await equal(there, case.case_id)
    await there.cases.close(case.case_id)

    async def closed() -> bool:
        return (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.COMPLETED

    await wait_for(closed)
    await Wire(there).start(f"case-{case.case_id}", given)

    async def refused_again() -> bool:
        return (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.FAILED

    await wait_for(refused_again)
    [(status,)] = await there.rows("select status from handrail.cases where case_id = %(c)s", c=case.case_id)
    assert status == "Closed"
    await equal(there, case.case_id)


async def test_nobody_makes_a_case_with_a_recovery_of_their_own(there: House) -> None:
    unknown = f"t-{uuid4().hex[:12]}"
    await Wire(there).start(f"case-{unknown}", plain({"recover": {"case_id": unknown}}))

    async def failed() -> bool:
        return (await execution(there.temporal, f"case-{unknown}")).standing is RunStatus.FAILED

    await wait_for(failed)
    assert await there.rows("select 1 from handrail.cases where case_id = %(c)s", c=unknown) == []


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


async def test_a_whole_selection_terminated_in_one_click_comes_back(there: House, page: Page) -> None:
    cases = [await held(there) for _ in range(3)]
    ids = [one.case_id for one in cases]
    await asyncio.sleep(1.5)
    await page.batch(ids, "terminate")

    async def ended() -> bool:
        found = [await execution(there.temporal, f"case-{one}") for one in ids]
        return all(one.standing is RunStatus.TERMINATED for one in found)

    await wait_for(ended)
    both = await asyncio.gather(*(reconciler(there).once(fix=True) for _ in range(2)))
    assert set(ids) <= {one.case_id for report in both for one in report.differences}
    for case_id in ids:
        await with_a_person(there, case_id, "run_lost")
        runs = [one async for one in executions(there.temporal, f"WorkflowId = 'case-{case_id}'") if one.open]
        assert len([one for one in runs if one.standing is RunStatus.RUNNING]) <= 1


async def listed(home: House, case_ids: list[str]) -> None:
    """The server's lists know the cases, so that a selection finds them."""
    query = " OR ".join(f"WorkflowId = 'case-{one}'" for one in case_ids)

    async def found() -> bool:
        return {one.case_id async for one in executions(home.temporal, f"({query}) AND ExecutionStatus = 'Running'")} == set(
            case_ids
        )

    await wait_for(found)


async def test_a_whole_selection_cancelled_in_one_click_goes_to_people(there: House, page: Page) -> None:
    ids = [(await held(there)).case_id for _ in range(2)]
    await listed(there, ids)
    await page.batch(ids, "cancel")
    for case_id in ids:
        await with_a_person(there, case_id, "cancelled")
        assert (await execution(there.temporal, f"case-{case_id}")).standing is RunStatus.RUNNING
        await equal(there, case_id)


@pytest.mark.parametrize("place", ["first_workflow_task", "last_workflow_task"])
async def test_a_whole_selection_reset_in_one_click_asks_anew_and_pays_nothing(there: House, page: Page, place: str) -> None:
    cases = [await held(there) for _ in range(2)]
    ids = [one.case_id for one in cases]
    await listed(there, ids)
    await page.batch(ids, "reset", **{place: Empty()})
    for case in cases:
        again = await there.until(case.case_id, asks_anew({one.revision for one in case.approvals}))
        assert len(open_ones(again)) == 1
        assert await refunds(there, case) == 0
        await equal(there, case.case_id)
