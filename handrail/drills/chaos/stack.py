"""The drill's own stack: servers, a model, a worker and a database with the shop in it, gone afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from handrail.business import seeded
from handrail.drills.bench.stack.checkout import ours
from handrail.drills.bench.stack.side import clean
from handrail.drills.chaos.mutants import Mutant
from handrail.drills.chaos.parts import KillableParts
from handrail.drills.chaos.plan import SERVERS, FaultyPart
from handrail.drills.chaos.proxy import FaultyProxy
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Component
from handrail.embedded.temporal import Temporal
from handrail.embedded.worker import RUN, Worker
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from handrail.shop import business
from handrail.temporal.connect import connect
from handrail.wiring.connecting import silent

POOL = 6
MUTANTS = "handrail.drills.chaos.work"


@dataclass
class ChaosStack:
    """Everything that runs, and ways to talk to it: `pool` and `client` at once, `outside` through the proxy."""

    parts: KillableParts
    proxies: Mapping[FaultyPart, FaultyProxy]
    pool: Pool
    client: Client
    outside: Client


class ChaosServers:
    """The servers on free ports, and a proxy before each of them; `dynamic` configures Temporal."""

    def __init__(self, folder: Path, **dynamic: str) -> None:
        base = free_block()
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", base, durable=True)
        self.temporal = Temporal(folder / "temporal.db", base + 1, base + 2, base + 3, base + 4, **dynamic)
        self.model = OfflineModel(base + 5)
        ports = (self.postgres.port, self.temporal.port, self.model.port)
        self.proxies = {
            part: FaultyProxy(base + 6 + place, port) for place, (part, port) in enumerate(zip(SERVERS, ports, strict=True))
        }

    @property
    def address(self) -> str:
        """Temporal's address behind the proxy."""
        return f"{HOST}:{self.proxies[FaultyPart.TEMPORAL].port}"

    def environment(self) -> Mapping[str, str]:
        """Return the variables of a worker, which sees every server through its proxy."""
        database = f":{self.proxies[FaultyPart.POSTGRES].port}/"
        return {
            **clean(),
            "HANDRAIL_DATA_DIR": str(self.folder),
            "HANDRAIL_TEMPORAL_ADDRESS": self.address,
            "HANDRAIL_DATABASE_URL": self.postgres.url.replace(f":{self.postgres.port}/", database),
            "HANDRAIL_MODEL": OFFLINE_MODEL,
            "OPENAI_BASE_URL": f"http://{HOST}:{self.proxies[FaultyPart.MODEL].port}/v1",
        }

    def parts(self, mutant: Mutant | None) -> KillableParts:
        """Return all that is started, the worker among it."""
        program = ours().run(MUTANTS, mutant) if mutant else ours().run("worker")
        worker = Worker(self.folder / RUN, self.environment, FaultyPart.WORKER, (), program)
        components: list[Component] = [self.postgres, self.temporal, self.model, worker]
        return KillableParts(self.folder / "logs", {part.name: part for part in components})


@asynccontextmanager
async def opened(folder: Path, mutant: Mutant | None = None) -> AsyncIterator[ChaosStack]:
    """Start everything on free ports; whatever happens, nothing is left running.

    Raises:
        StackFailed: a part would not start.
    """
    servers = ChaosServers(folder)
    async with running(servers, servers.parts(mutant), FaultyPart.WORKER) as stack:
        yield stack


@asynccontextmanager
async def running(servers: ChaosServers, parts: KillableParts, *more: FaultyPart) -> AsyncIterator[ChaosStack]:
    """Start the servers of these parts, with a seeded shop, and then what is named; all of it is stopped at the end.

    Raises:
        StackFailed: a part would not start.
    """
    async with AsyncExitStack() as ending:
        # The proxies outlive the worker and pass on what it says at its end: else it waits for servers that do not answer.
        for proxy in servers.proxies.values():
            await ending.enter_async_context(proxy.listening())
        ending.push_async_callback(asyncio.to_thread, parts.stop)
        await parts.start(FaultyPart.POSTGRES)
        await migrate(servers.postgres.url, business, datetime.now(UTC))
        pool = await open_pool(servers.postgres.url, size=POOL)
        ending.push_async_callback(pool.close)
        async with pool.connection() as connection:
            await seeded(business, connection, datetime.now(UTC))
        await parts.start(FaultyPart.TEMPORAL, FaultyPart.MODEL, *more)
        client, outside = [await connect(to, runtime=silent()) for to in (servers.temporal.address, servers.address)]
        yield ChaosStack(parts, servers.proxies, pool, client, outside)
