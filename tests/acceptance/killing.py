"""A stack whose every part is a process of its own, so that each can be killed; and what must hold whatever was killed."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from temporalio.client import Client

from handrail.business import seeded
from handrail.domain.actions.approvals import ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import HandrailError
from handrail.drills.chaos.parts import PATIENCE, KillableParts
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Command, Component
from handrail.embedded.temporal import Temporal
from handrail.embedded.worker import Worker
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.postgres.migrations import migrate
from handrail.shop import business
from handrail.shop.records.find import FoundOrder, find
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.connect import connect
from tests.acceptance.held_worker import POINTS
from tests.support.house import Model
from tests.support.scripted import Scripted

AT_REST = ("Resolved", "AwaitingCustomer", "WithHuman")
HERE = Path(__file__).parent


@dataclass
class Stack(KillableParts):
    """Servers and worker that can be killed; `sent` is what customers wrote, case to message ids in order."""

    sent: dict[str, list[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    client: Client = field(init=False)
    cases: CaseClient = field(init=False)

    @property
    def postgres(self) -> Postgres:
        part = self.parts["postgres"]
        assert isinstance(part, Postgres)
        return part

    @property
    def temporal(self) -> Temporal:
        part = self.parts["temporal"]
        assert isinstance(part, Temporal)
        return part

    @property
    def model(self) -> Model:
        part = self.parts["model"]
        assert isinstance(part, Scripted)
        return Model(part.root)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database, over a connection of its own."""
        async with await psycopg.AsyncConnection.connect(self.postgres.url, autocommit=True) as connection:
            return list(await (await connection.execute(query.encode(), values)).fetchall())

    async def order(self, **needs: Any) -> FoundOrder:
        """An order that fits, of a customer that no other case here has."""
        async with await psycopg.AsyncConnection.connect(self.postgres.url) as connection:
            found = await find(connection, **{"language": "en", **needs}, limit=200)
        order = next(one for one in found if one.customer_id not in self.used)
        self.used.add(order.customer_id)
        return order

    async def open(self, customer_id: str, text: str, *, held: str = "") -> str:
        """A new case's id; its turn is `held` at a point, see `held_worker`."""
        case_id = f"k-{uuid4().hex[:12]}"
        if held:
            self.hold(case_id, held)
        self.sent[case_id] = [f"{case_id}-1"]
        await self.lasting(lambda: self.cases.open_case(case_id, customer_id, text, message_id=f"{case_id}-1"))
        return case_id

    def hold(self, case_id: str, point: str) -> None:
        """Have the case's turn held at the point, see `held_worker`."""
        (self.folder / f"{case_id}.hold").write_text(point)

    async def reached(self, *case_ids: str) -> None:
        """The worker is held with these cases, each at its point."""
        names = {f"{case_id}.reached" for case_id in case_ids}

        async def all_there() -> bool:
            return names <= set(os.listdir(self.folder))

        await true(all_there)

    def let_go(self, *, but: str = "") -> None:
        """Nothing is held any more, but the case that is named."""
        for hold in self.folder.glob("*.hold"):
            if hold.stem != but:
                hold.unlink()

    async def say(self, case_id: str, text: str) -> None:
        """Another message of the customer, sent until it is taken."""
        message_id = f"{case_id}-{len(self.sent[case_id]) + 1}"
        self.sent[case_id].append(message_id)
        await self.lasting(lambda: self.cases.say(case_id, text, message_id=message_id))

    async def lasting(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """What `act` gives; repeated while servers or worker are away. Every call of the client may be repeated."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await act()
            except HandrailError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def until(self, case_id: str, fits: Callable[[CaseView], bool]) -> CaseView:
        """The case once it fits, through any outage."""
        deadline = time.monotonic() + PATIENCE
        while True:
            view: CaseView = await self.lasting(lambda: self.cases.status(case_id))
            if fits(view):
                return view
            assert time.monotonic() < deadline, view.model_dump_json(indent=1)
            await asyncio.sleep(0.1)

    async def worked_off(self, *case_ids: str) -> None:
        """The cases have worked off what their histories hold: a query may be answered ahead of that."""

        async def nothing_waits() -> bool:
            found = [await self.client.get_workflow_handle(f"case-{one}").describe() for one in case_ids]
            return not any(one.raw_description.HasField("pending_workflow_task") for one in found)

        await true(nothing_waits)

    async def at_rest(self, case_id: str) -> CaseView:
        """The case once nobody works on it and nothing waits for a decision."""
        return await self.until(case_id, lambda view: view.status in AT_REST)

    async def approve(self, case_id: str) -> None:
        """Decide the open approval; where the answer was lost on the way, the decision stands."""
        view = await self.until(case_id, waits)
        wanted = view.approvals[0]
        self.approved.add(wanted.approval_id)
        decision = DecisionInput(
            decision=DecisionKind.APPROVE, approval_id=wanted.approval_id, revision=wanted.revision, reviewer="ann"
        )

        async def decide() -> None:
            now = await self.cases.status(case_id)
            if any(one.approval_id == wanted.approval_id and one.status is ApprovalStatus.APPROVED for one in now.approvals):
                return
            await self.cases.decide(case_id, decision)

        await self.lasting(decide)

    async def check(self) -> None:
        """What must hold of all cases, whatever was killed."""
        for case_id, sent in self.sent.items():
            await self._check_transcript(case_id, sent)
        broken = await self.rows((HERE / "broken.sql").read_text())
        assert broken == []
        applied = await self.rows(
            "select effect_id from handrail.actions where approval_status = 'approved' and outcome = 'applied'"
        )
        assert {row[0] for row in applied} == self.approved

    async def _check_transcript(self, case_id: str, sent: list[str]) -> None:
        stored = await self.rows(
            "select message_id, author, turn from handrail.messages where case_id = %(c)s order by sequence, at, message_id",
            c=case_id,
        )
        told = [(one.message_id, one.author.value) for one in await self.cases.transcript(case_id)]
        assert [row[0] for row in stored if row[1] == "customer"] == sent
        assert [row[:2] for row in stored] == told
        turns = {row[2] for row in stored}
        answered = [row[2] for row in stored if row[1] in ("assistant", "system")]
        assert sorted(answered) == sorted(turns), f"{case_id}: one answer a turn, got {stored}"


class HeldWorker(Worker):
    """The worker that tests can hold at a point of a turn."""

    def command(self) -> Command:
        command = super().command()
        environment = {**command.environment, POINTS: str(self.run_dir.parent)}
        return replace(command, argv=(sys.executable, "-m", "tests.acceptance.held_worker"), environment=environment)


def waits(view: CaseView) -> bool:
    """An approval is open."""
    return view.status == "AwaitingApproval" and view.approvals[0].status is ApprovalStatus.OPEN


async def true(what: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """The first true result."""
    deadline = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def stack(folder: Path, more: Mapping[str, str] | None = None) -> AsyncIterator[Stack]:
    """Everything started, the shop seeded; nothing is left running afterwards. The worker has `more` variables."""
    base = free_block(6)
    postgres = Postgres(folder / "postgres", base, durable=True)
    temporal = Temporal(folder / "temporal.db", base + 1, base + 2, base + 3, base + 4)
    model = Scripted(base + 5)

    def environment() -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}
        return kept | {
            "HANDRAIL_TEMPORAL_ADDRESS": temporal.address,
            "HANDRAIL_DATABASE_URL": postgres.url,
            "HANDRAIL_MODEL": OFFLINE_MODEL,
            "OPENAI_API_KEY": "test",
            "OPENAI_BASE_URL": model.url,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **(more or {}),
        }

    parts: list[Component] = [postgres, temporal, model, HeldWorker(folder / "run", environment)]
    running = Stack(folder, {part.name: part for part in parts})
    try:
        await running.start("postgres")
        await migrate(postgres.url, business, datetime.now(UTC))
        async with await psycopg.AsyncConnection.connect(postgres.url) as connection:
            await seeded(business, connection, datetime.now(UTC))
        await running.start("temporal", "model", "worker")
        running.client = await connect(temporal.address)
        running.cases = CaseClient(running.client, patience=15.0)
        yield running
    finally:
        running.stop()
