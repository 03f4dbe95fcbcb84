"""A ramp on real servers with a worker that is a process: the same customer meets the same arm, whatever is restarted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client

from handrail.cli.quality.evaluation.releasing import gate_over
from handrail.cli.rollout.ramping import candidate_gate, started, stepped, stopped
from handrail.domain.rollout.ramps import Arm, Candidate, place_of
from handrail.embedded.temporal import Temporal
from handrail.embedded.worker import Worker
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.postgres.pool import Pool, open_pool
from handrail.settings import Settings
from handrail.shop import business
from handrail.temporal.cases.client import CaseClient
from handrail.topics.loader import FileTopics
from tests.support.house import Model, wait_for
from tests.support.passing import gated, let_through
from tests.workflows.conftest import ScriptedModel

MARK = "Say it in one sentence of ten words."
ASKED = ("order_status", "payment_status")


@dataclass
class Place:
    """What the command line knows of a stack."""

    settings: Settings
    url: str
    business = business

    @asynccontextmanager
    async def pool(self) -> AsyncIterator[Pool]:
        found = await open_pool(self.url, size=2)
        try:
            yield found
        finally:
            await found.close()


@asynccontextmanager
async def working(worker: Worker, log: Path) -> AsyncIterator[None]:
    """The worker as a process, killed at the end of the block."""
    worker.prepare()
    command = worker.command()
    with log.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            *command.argv, env={**os.environ, **command.environment}, stdout=sink, stderr=sink
        )
        try:
            await wait_for(lambda: worker.ready(process.pid), 120)
            yield
        finally:
            process.kill()
            await process.wait()


def candidate(folder: Path) -> Candidate:
    topics = {one.name: one for one in FileTopics(folder / "topics", business.by_name).all()}
    return Candidate(prompts={name: f"{topics[name].prompt}\n{MARK}" for name in ASKED})


async def customers(pool: Pool, key: str, low: float, high: float) -> list[tuple[str, str]]:
    """Customers of the shop between these places, each with a delivered order."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            b"select distinct on (customer_id) customer_id, order_id from shop.orders where status = 'delivered'"
            b" order by customer_id, order_id"
        )
        found = [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in await cursor.fetchall()]
    return [(who, what) for who, what in found if low <= place_of(key, who) < high]


async def served(pool: Pool, case_id: str) -> list[tuple[str, str]]:
    """The arms and releases that are written down for a case, in their order."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            b"select arm, release from handrail.case_releases where case_id = %(c)s order by at", {"c": case_id}
        )
        return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in await cursor.fetchall()]


@dataclass
class Ramped:
    """A stack whose worker is a process of its own."""

    cases: CaseClient
    pool: Pool
    model: Model
    worker: Worker

    async def ask(self, customer_id: str, text: str) -> str:
        """A case of this customer's, once it is settled; rehearsed, so that it is nobody's second contact."""
        case_id = f"t-{uuid4().hex[:12]}"
        await self.cases.open_case(case_id, customer_id, text, channel="rehearsal")
        await self.cases.wait(case_id)
        return case_id

    async def marked(self, case_id: str, newest: str) -> bool:
        """Whether the model was asked with the candidate's prompt when it was asked last about these words."""
        asked = [one for one in await self.model.requests(newest) if MARK in str(one)]
        return bool(asked)


async def test_the_same_customer_meets_the_same_arm_whatever_is_restarted(
    temporal_client: Client, temporal_server: Temporal, shop_url: str, scripted_model: ScriptedModel, tmp_path: Path
) -> None:
    folder, queue = gated(tmp_path / "definitions"), f"ramp-{uuid4().hex[:8]}"
    environment = {
        "HANDRAIL_DATABASE_URL": shop_url,
        "HANDRAIL_TEMPORAL_ADDRESS": temporal_server.address,
        "HANDRAIL_TASK_QUEUE": queue,
        "HANDRAIL_MODEL": OFFLINE_MODEL,
        "HANDRAIL_DEFINITIONS": str(folder),
        "OPENAI_API_KEY": "test",
        "OPENAI_BASE_URL": f"{scripted_model.root}/v1",
    }
    settings = Settings(
        definitions=folder, model=OFFLINE_MODEL, OPENAI_BASE_URL=f"{scripted_model.root}/v1", data_dir=tmp_path / "none"
    )
    place, wanted = Place(settings, shop_url), candidate(folder)
    pool = await open_pool(shop_url, size=4)
    home = Ramped(
        CaseClient(temporal_client, task_queue=queue),
        pool,
        Model(scripted_model.root),
        Worker(tmp_path / "run", lambda: environment),
    )
    await home.model.clear()
    try:
        named = {"reported": [OFFLINE_MODEL]}
        await let_through(pool, (await gate_over(settings, business, pool).in_force()).model_copy(update=named))
        passed = (await candidate_gate(place, pool, wanted).in_force()).model_copy(update=named)  # type: ignore[arg-type]
        await let_through(pool, passed)
        ramp = await started(place, wanted, "greta", 5, "")  # type: ignore[arg-type]
        assert ramp.release == passed.release
        early = (await customers(pool, wanted.key, 0, 0.05))[:2]
        later = (await customers(pool, wanted.key, 0.05, 0.5))[:2]
        never = (await customers(pool, wanted.key, 0.5, 1))[:1]
        assert all((early, later, never))
        first: dict[str, str] = {}
        async with working(home.worker, tmp_path / "worker-1.log"):
            for who, order in [*early, *later, *never]:
                first[who] = await home.ask(who, f"Where is my order {order}?")
        for who, order in [*early, *later, *never]:
            arm = Arm.CANDIDATE if (who, order) in early else Arm.CONTROL
            assert [one for one, _ in await served(pool, first[who])] == [arm]
            assert await home.marked(first[who], order) == (arm is Arm.CANDIDATE)
        await stepped(place, 50, "greta", "five per cent went well")  # type: ignore[arg-type]
        async with working(home.worker, tmp_path / "worker-2.log"):
            for who, order in [*early, *later, *never]:
                again = await home.ask(who, f"Has my payment for order {order} arrived?")
                arm = Arm.CONTROL if (who, order) in never else Arm.CANDIDATE
                assert [one for one, _ in await served(pool, again)] == [arm]
                shown = await home.cases.status(again)
                assert (shown.arm, shown.release) == (arm, ramp.release if arm is Arm.CANDIDATE else ramp.base)
            # A second message in a case of before the restart stays with the customer's arm.
            for who, order in [*early, *never]:
                await home.cases.say(first[who], f"And has my payment for order {order} gone through?")
                await home.cases.wait(first[who], until=lambda view: view.turn == 2 and view.status != "Working")
                arms = [one for one, _ in await served(pool, first[who])]
                assert arms == [Arm.CANDIDATE if (who, order) in early else Arm.CONTROL]
            await stopped(place, "ann", "enough seen")  # type: ignore[arg-type]
            who, order = early[0]

            async def alone() -> bool:
                after = await home.ask(who, f"What is the status of my order {order}?")
                return [one for one, _ in await served(pool, after)] == [None]

            # A worker looks for a step of a ramp every five seconds.
            await wait_for(alone)
    finally:
        await pool.close()
