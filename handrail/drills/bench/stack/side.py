"""A stack of the bench's own: our servers, and the worker, the model and the migrations of one checkout."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from handrail.drills.bench.stack.checkout import Checkout
from handrail.drills.bench.stack.readings import PostgresMeasuring
from handrail.drills.bench.stack.sink import SpanSink
from handrail.drills.bench.work.customers import BenchCustomers
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Command, Component, StackFailed
from handrail.embedded.supervisor import Event, StartupStep, Supervisor
from handrail.embedded.temporal import NAMESPACE, Temporal
from handrail.embedded.worker import Worker
from handrail.postgres.pool import Pool, open_pool
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.connect import connect

if TYPE_CHECKING:
    from handrail.temporal.codec import SealingCodec

CASES = "cases"
POOL = 4
PATIENCE = 60.0
SERVE = "handrail.drills.bench.work.serve"
FOREIGN = ("HANDRAIL_", "OPENAI_", "OTEL_", "PYTHON")


class TimedPostgres(Postgres):
    """The server, which also keeps the time of every commit."""

    def command(self) -> Command:
        """See base class."""
        plain = super().command()
        argv = (*plain.argv, "--track_commit_timestamp=on")
        return Command(argv, plain.environment, plain.user, plain.stop, plain.orphan, plain.grace)


class CheckoutModel(OfflineModel):
    """A checkout's offline model, which can be told to take its time."""

    def __init__(self, port: int, checkout: Checkout) -> None:
        super().__init__(port)
        self._checkout = checkout

    def command(self) -> Command:
        """See base class."""
        argv = self._checkout.run("handrail.llm.offline", "--host", HOST, "--port", str(self.port), "--scripted")
        return Command(argv=argv, environment=clean())


class Side:
    """One checkout on its stack. `arms` are those whose workers run beside Handrail's."""

    pool: Pool
    client: Client
    cases: CaseClient
    readings: PostgresMeasuring
    customers: BenchCustomers

    def __init__(self, checkout: Checkout, folder: Path, arms: Sequence[str]) -> None:
        base = free_block()
        self.checkout, self.folder, self.name = checkout, folder, checkout.name
        self.postgres = TimedPostgres(folder / "postgres", base + 2)
        self.temporal = Temporal(folder / "temporal.db", base, base + 1, base + 4, base + 5)
        self.model = CheckoutModel(base + 3, checkout)
        self.sink = SpanSink(free_block(1)) if checkout.seen else None
        servers: list[Component] = [self.postgres, self.temporal, self.model, *([self.sink] if self.sink else [])]
        workers = [self._arm(arm) for arm in arms]
        self._supervisor = self._supervise([*servers, *workers, StartupStep("migrations", ("postgres",), self._migrate)])
        self._workers: list[Supervisor] = []

    async def start(self) -> None:
        """Bring the servers up, prepare the database, then start one worker.

        Raises:
            StackFailed: something would not start.
        """
        await self._supervisor.start()
        self.pool = await open_pool(self.postgres.url, size=POOL)
        self.client = await connect(self.temporal.address)
        # The arms beside Handrail know no keys.
        codec = self._codec()
        opener = await connect(self.temporal.address, codec=codec) if codec else self.client
        self.cases = CaseClient(opener, patience=PATIENCE)
        self.readings, self.customers = PostgresMeasuring(self.pool), BenchCustomers(self.pool)
        await self.start_worker()

    def _codec(self) -> SealingCodec | None:
        """Return the codec of whoever opens cases, where this side encrypts."""
        if not self.checkout.master:
            return None
        from handrail.postgres.vault.keys import PostgresKeyStore
        from handrail.temporal.codec import SealingCodec
        from handrail.vault.keyring import Keyring
        from handrail.vault.masters import LocalMasterKeys

        async def store() -> PostgresKeyStore:
            return PostgresKeyStore(self.pool)

        return SealingCodec(Keyring(LocalMasterKeys([self.checkout.master]), store), NAMESPACE)

    async def stop(self) -> None:
        """Stop everything in reverse."""
        while self._workers:
            await self.stop_worker()
        if hasattr(self, "pool"):
            await self.pool.close()
        await self._supervisor.stop()

    async def start_worker(self, program: str = "worker", extra: Mapping[str, str] | None = None) -> None:
        """Start one more of the checkout's workers, with `extra` variables, and return once it is ready."""
        name = f"worker-{len(self._workers) + 1}"
        figures = {"HANDRAIL_METRICS_ADDRESS": f"{HOST}:{free_block(1)}"} if self.sink else {}
        environment = lambda: {**self.environment(), **figures, **(extra or {})}  # noqa: E731
        worker = Worker(self.folder / "run", environment, name, (), self.checkout.run(program))
        supervisor = self._supervise([worker])
        self._workers.append(supervisor)
        await supervisor.start()

    async def pollers(self) -> frozenset[str]:
        """Return the identities that lately polled for the workflows of cases, as the server knows them."""
        asked = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueue(name=CASES),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        found = await self.client.workflow_service.describe_task_queue(asked)
        return frozenset(poller.identity for poller in found.pollers)

    async def stop_worker(self) -> None:
        """Stop the worker that was started last."""
        await self._workers.pop().stop()

    @asynccontextmanager
    async def workers(self, count: int) -> AsyncIterator[None]:
        """Run `count` workers for a while."""
        before = len(self._workers)
        try:
            while len(self._workers) < count:
                await self.start_worker()
            yield
        finally:
            while len(self._workers) > before:
                await self.stop_worker()

    def parts(self, arm: str = "") -> Callable[[], Mapping[str, list[int]]]:
        """Return what tells the processes of each part; the worker is Handrail's, or the arm's."""

        def read() -> Mapping[str, list[int]]:
            pids = {name: child.pid for name, child in self._supervisor.children.items()}
            servers = {name: [pids[name]] for name in ("temporal", "postgres", "model")}
            return {"worker": [pids[f"arm-{arm}"]] if arm else self.worker_pids(), **servers}

        return read

    def has(self, arm: str) -> bool:
        """Return whether the arm's worker runs here."""
        return f"arm-{arm}" in self._supervisor.children

    def worker_pids(self) -> list[int]:
        """Return the processes of Handrail's workers."""
        return [child.pid for supervisor in self._workers for child in supervisor.children.values()]

    def environment(self) -> Mapping[str, str]:
        """Return the variables of this stack; complete once PostgreSQL and the model are ready."""
        return {
            **clean(),
            "HANDRAIL_DATA_DIR": str(self.folder),
            "HANDRAIL_TEMPORAL_ADDRESS": self.temporal.address,
            "HANDRAIL_TEMPORAL_UI": self.temporal.ui,
            "HANDRAIL_DATABASE_URL": self.postgres.url,
            "OPENAI_BASE_URL": self.model.url,
            "HANDRAIL_MODEL": self.model.serves,
            **({"HANDRAIL_MASTER_KEYS": self.checkout.master} if self.checkout.master else {}),
            **({"OTEL_EXPORTER_OTLP_ENDPOINT": self.sink.url} if self.sink else {}),
        }

    async def think(self, calls: int, seconds: float, spread: float) -> None:
        """Let the model take `seconds` ± `spread` for each of the next `calls`; none: answer at once again."""
        chance = Random(calls)  # noqa: S311 - spreads latencies, no secret
        async with httpx.AsyncClient(base_url=self.model.root, trust_env=False, timeout=10) as http:
            (await http.delete("/script")).raise_for_status()
            for _ in range(calls):
                took = round(seconds + chance.uniform(-spread, spread), 3)
                (await http.post("/script", json={"behaviour": {"latency_seconds": took}})).raise_for_status()

    async def command(self, *arguments: str) -> str:
        """Run the checkout's own command line on this stack and in its folder, and return what it prints.

        Raises:
            StackFailed: it ended with an error.
        """
        process = await asyncio.create_subprocess_exec(
            *self.checkout.run("handrail.cli.main", *arguments),
            env=dict(self.environment()),
            cwd=self.checkout.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if process.returncode:
            said = (errors or output).decode("utf-8", "replace").strip()[-500:]
            raise StackFailed(f"{self.name}: `handrail {arguments[0]}` ended with exit code {process.returncode}: {said}")
        return output.decode()

    async def _migrate(self) -> str:
        await self.command("migrate", "--seed", "--json")
        return ""

    def _arm(self, arm: str) -> Worker:
        program = (sys.executable, "-P", "-m", SERVE, arm)
        return Worker(self.folder / "run", self.environment, f"arm-{arm}", ("temporal", "postgres", "model"), program)

    def _supervise(self, parts: Sequence[Component | StartupStep]) -> Supervisor:
        return Supervisor(parts, self.folder / "logs", ignore)


def clean() -> dict[str, str]:
    """Return our environment without settings of a stack, a model or an interpreter."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def ignore(_: Event) -> None:
    """Say nothing of what happens to parts; what goes wrong is raised."""
