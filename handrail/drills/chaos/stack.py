"""The drill's own stack: servers, a model, a worker and a database with the shop in it, gone afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from handrail.business import seeded
from handrail.drills.bench.stack.checkout import ours
from handrail.drills.bench.stack.side import clean
from handrail.drills.chaos.mutants import Mutant
from handrail.drills.chaos.parts import KillableParts
from handrail.drills.chaos.plan import FaultyPart
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Component
from handrail.embedded.temporal import Temporal
from handrail.embedded.worker import RUN, Worker
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from handrail.shop import business
from handrail.temporal.client import CaseClient
from handrail.temporal.connect import connect

POOL = 6
PATIENCE = 10.0
"""Seconds that a call waits for a worker before its sender does not know."""
MUTANTS = "handrail.drills.chaos.work"


@dataclass
class ChaosStack:
    """Everything that runs, and ways to talk to it."""

    parts: KillableParts
    pool: Pool
    client: Client
    cases: CaseClient


@asynccontextmanager
async def opened(folder: Path, mutant: Mutant | None = None) -> AsyncIterator[ChaosStack]:
    """Start everything on free ports; whatever happens, nothing is left running.

    Raises:
        StackFailed: a part would not start.
    """
    base = free_block(6)
    postgres = Postgres(folder / "postgres", base, durable=True)
    temporal = Temporal(folder / "temporal.db", base + 1, base + 2, base + 3, base + 4)
    model = OfflineModel(base + 5)

    def environment() -> Mapping[str, str]:
        return {
            **clean(),
            "HANDRAIL_DATA_DIR": str(folder),
            "HANDRAIL_TEMPORAL_ADDRESS": temporal.address,
            "HANDRAIL_DATABASE_URL": postgres.url,
            "HANDRAIL_MODEL": OFFLINE_MODEL,
            "OPENAI_BASE_URL": model.url,
        }

    program = ours().run(MUTANTS, mutant) if mutant else ours().run("worker")
    worker = Worker(folder / RUN, environment, FaultyPart.WORKER, (), program)
    components: list[Component] = [postgres, temporal, model, worker]
    parts = KillableParts(folder / "logs", {part.name: part for part in components})
    try:
        await parts.start(FaultyPart.POSTGRES)
        await migrate(postgres.url, business, datetime.now(UTC))
        pool = await open_pool(postgres.url, size=POOL)
        try:
            async with pool.connection() as connection:
                await seeded(business, connection, datetime.now(UTC))
            await parts.start(FaultyPart.TEMPORAL, FaultyPart.MODEL, FaultyPart.WORKER)
            client = await connect(temporal.address)
            yield ChaosStack(parts, pool, client, CaseClient(client, patience=PATIENCE))
        finally:
            await pool.close()
    finally:
        parts.stop()
