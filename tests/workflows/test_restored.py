"""PostgreSQL or Temporal restored from before the last effects: none is made twice, and people get what lost one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.case.reconciling import DifferenceKind, Reconciliation
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.embedded.temporal import Temporal
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.standings import PostgresStandings
from handrail.shop.records.find import FoundOrder
from handrail.temporal.connect import connect
from handrail.temporal.repair.reconcile import Reconciler
from tests.support.deployed import collect_runs
from tests.support.dumping import DumpedDatabase
from tests.support.house import House, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import HELD, decision

REFUNDS = "select count(*) from shop.refunds where order_id = %(o)s and effect_id is not null"
Start = Callable[[Client], AbstractAsyncContextManager[House]]


def starting(url: str, model: ScriptedModel) -> Start:
    """Return what starts a worker over the database, always on the same task queue."""
    line = f"restored-{uuid4().hex[:8]}"

    @asynccontextmanager
    async def start(client: Client) -> AsyncIterator[House]:
        async with house(client, url, model.root, task_queue=line, drain_seconds=0.1) as home:
            yield home
        collect_runs()

    return start


async def held(home: House) -> tuple[FoundOrder, str]:
    """A case that waits for a person to approve a refund; another customer's each time."""
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return order, case.case_id


async def approve(home: House, case_id: str) -> None:
    """Approve what the case asks for now."""
    await home.cases.decide(case_id, decision(await home.cases.status(case_id), DecisionKind.APPROVE))


async def refunded(home: House, case_id: str) -> CaseView:
    """Approve, and wait until the refund is made."""
    await approve(home, case_id)
    case = await home.until(case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert [one.status for one in case.effects] == ["applied"]
    return case


async def count(home: House, order: FoundOrder) -> int:
    """How often the shop refunded the order."""
    return int((await home.rows(REFUNDS, o=order.order_id))[0][0])


async def compared(home: House, *, fix: bool = True) -> Reconciliation:
    """One comparison, of every case."""
    reconciler = Reconciler(home.temporal, PostgresStandings(home.pool), home.settings.task_queue, timedelta(0))
    return await reconciler.once(fix=fix, thorough=True)


def kinds(found: Reconciliation, case_id: str) -> list[DifferenceKind]:
    """What differs of the case."""
    return [one.kind for one in found.differences if one.case_id == case_id]


async def lost_to_people(home: House, case_id: str) -> None:
    """The case comes to a person, who is told which effect the ledger lost."""
    case = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "effect_lost"
    packet = await home.cases.handoff(case_id)
    assert packet is not None
    assert case.effects[0].effect_id in packet.escalation.words


async def looked_up(home: House, case_id: str) -> None:
    """A person has found the case's refund in the shop, and gives the ledger its row back."""
    case = await home.cases.status(case_id)
    found = await UnsettledEffects(home.pool).put_back(
        case_id, case.effects, case.effects[0].effect_id, made=True, actor="ann", reason="It stands in the shop's books."
    )
    assert found.result == case.effects[0].result


async def test_postgresql_from_before_the_last_effects(
    postgres: Postgres, seeded_database: str, scripted_model: ScriptedModel, temporal_client: Client, tmp_path: Path
) -> None:
    database = DumpedDatabase(postgres, seeded_database, tmp_path)
    start = starting(database.url, scripted_model)
    async with start(temporal_client) as home:
        (spoken, says), (quiet, rests), (open_, waits), (cut, going) = [await held(home) for _ in range(4)]
        before = await asyncio.to_thread(database.dump)
        for case_id in (says, rests):
            await refunded(home, case_id)
        late, unknown = await held(home)
        await refunded(home, unknown)
        # The refund is made, and the worker is gone before the turn has ended.
        await home.model.script(cut.order_id, {"latency_seconds": 60, "status": 500}, None)
        await approve(home, going)
        await wait_for(lambda: count(home, cut))
    await asyncio.to_thread(database.restore_ours, before)

    async with start(temporal_client) as home:
        await home.model.clear()
        # The customer is quicker than any comparison: the turn itself finds what the ledger lost.
        await home.cases.say(says, f"Please refund order {spoken.order_id}, that is {spoken.refundable} USD.")
        await lost_to_people(home, says)
        found = await compared(home)
        assert found.compared == 5, "nobody else's case: one whose worker is gone keeps a comparison waiting"
        assert DifferenceKind.EFFECT_MISSING in kinds(found, says)
        assert kinds(found, rests) == [DifferenceKind.BEHIND, DifferenceKind.EFFECT_MISSING]
        assert kinds(found, unknown) == [DifferenceKind.UNRECORDED, DifferenceKind.EFFECT_MISSING]
        assert kinds(found, waits) == []
        for case_id in (rests, unknown):
            await lost_to_people(home, case_id)
        await refunded(home, waits)
        case = await home.until(going, lambda view: view.status not in ("Working", "AwaitingApproval"))
        assert case.status == "WithHuman", "the shop knows the effect, and the ledger does not: no turn decides that"
        assert [await count(home, one) for one in (spoken, quiet, late, cut, open_)] == [1, 1, 1, 1, 1]
        left = [one for one in (await compared(home)).differences if one.mended is None]
        assert {one.case_id for one in left} >= {says, rests, unknown}, "named for as long as it is so"
        await looked_up(home, says)
        assert kinds(await compared(home), says) == []

    await asyncio.to_thread(database.restore, before)
    async with start(temporal_client) as home:
        assert [await count(home, one) for one in (spoken, open_)] == [0, 0], "the shop was restored, too"
        assert kinds(await compared(home), waits) == [DifferenceKind.BEHIND, DifferenceKind.EFFECT_MISSING]
        await lost_to_people(home, waits)
        assert [await count(home, one) for one in (spoken, open_)] == [0, 0], "nothing is done again"


def copy(source: Path, target: Path) -> None:
    """Put the files of Temporal's database, its log among them, in the place of those that stand there."""
    for one in target.glob("temporal.db*"):
        one.unlink()
    for one in source.glob("temporal.db*"):
        shutil.copy2(one, target)


async def test_temporal_from_before_the_last_effects(
    postgres: Postgres, seeded_database: str, scripted_model: ScriptedModel, tmp_path: Path
) -> None:
    database = DumpedDatabase(postgres, seeded_database, tmp_path)
    start = starting(database.url, scripted_model)
    base = free_block(4)
    server = Temporal(tmp_path / "temporal.db", base, base + 1, base + 2, base + 3)
    log, kept = tmp_path / "temporal.log", tmp_path / "before"
    kept.mkdir()

    @asynccontextmanager
    async def stack() -> AsyncIterator[House]:
        block = run(server, log)
        await asyncio.to_thread(block.__enter__)
        try:
            async with start(await connect(server.address)) as home:
                yield home
        finally:
            await asyncio.to_thread(block.__exit__, None, None, None)

    async with stack() as home:
        (first, decided), (second, rests), (third, waits) = [await held(home) for _ in range(3)]
    copy(tmp_path, kept)
    async with stack() as home:
        for case_id in (decided, rests):
            await refunded(home, case_id)
        late, unknown = await held(home)
        await refunded(home, unknown)
    copy(kept, tmp_path)

    async with stack() as home:
        # The run asks again what was answered: a person approves once more, and the ledger gives its first answer.
        await approve(home, decided)
        await home.until(decided, lambda view: view.status not in ("Working", "AwaitingApproval"))
        found = await compared(home)
        assert kinds(found, rests) == [DifferenceKind.AHEAD]
        assert kinds(found, unknown) == [DifferenceKind.LOST]
        for case_id in (rests, unknown):
            await home.until(case_id, lambda view: view.status in ("WithHuman", "Resolved"))
        await refunded(home, waits)
        assert [await count(home, one) for one in (first, second, third, late)] == [1, 1, 1, 1]
        await wait_for(lambda: all_equal(home))


async def all_equal(home: House) -> bool:
    """Return whether nothing differs any more."""
    return not (await compared(home)).left
