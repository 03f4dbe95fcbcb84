"""A lane: one whole house of its own (database, model, worker) on which plays run one after another."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.business import Business, seeded
from handrail.conformance.clock import MovedClock
from handrail.conformance.gate import LaneGate
from handrail.conformance.servers import ScriptedModel
from handrail.domain.actions.effects import EffectResult
from handrail.embedded.process import Child, Component, StackFailed, until_ready
from handrail.embedded.supervisor import StartupStep
from handrail.embedded.temporal import Temporal
from handrail.embedded.throwaway import Renewable
from handrail.embedded.worker import Worker
from handrail.outside.loading import brought
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import open_pool, reading, writing
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.updates import workflow_id
from handrail.temporal.connect import connect

WORKER_SECONDS = 240.0
"""A worker imports and trains for some seconds of processor time, which are minutes on a crowded machine."""
NEVER = "31536000"
"""Seconds until a lane's record is held against Temporal: a year. There every ended play is a case that the record has lost,
and was begun again in the data of the next plays."""
LOG_LINES, LOG_WIDTH, LOG_BYTES = 40, 400, 32_000
"""The worker's log that a failing play shows: its end."""
PROGRAM = "handrail.conformance.worker"
KEPT = ("HANDRAIL_TEMPORAL_BIN", "HANDRAIL_DEFINITIONS", "HANDRAIL_LANGUAGES")
"""Of our own environment's settings, what a lane's worker takes over; it must meet none of a running stack's servers."""


class Lane:
    """`package` is the business's; `environment` is what it needs to find its data. `ports` are two free ones.

    `begins` is the time at which the data is filled in; `clock` is set for each play.
    """

    def __init__(
        self,
        number: int,
        folder: Path,
        ports: tuple[int, int],
        temporal: Temporal,
        package: str,
        environment: Mapping[str, str],
        begins: datetime | None = None,
    ) -> None:
        self.queue = f"conformance-{number}"
        self.postgres = Renewable(folder / f"postgres-{number}", ports[0], f"postgres-{number}")
        self.model = ScriptedModel(ports[1], f"model-{number}")
        self.clock = MovedClock(folder / f"clock-{number}")
        self.gate = LaneGate(folder / f"gate-{number}")
        self._temporal, self._package, self._extra, self._begins = temporal, package, environment, begins
        self._filling = StartupStep(f"data-{number}", (self.postgres.name,), self._fill)
        program = (sys.executable, "-m", PROGRAM, str(folder / f"clock-{number}"), str(folder / f"gate-{number}"))
        self._worker = Worker(folder / "run", self._environment, f"worker-{number}", program=program)
        self._log = folder / "logs" / f"worker-{number}.log"
        self._child: Child | None = None
        self._business: Business | None = None
        self._client: Client | None = None

    def parts(self) -> list[Component | StartupStep]:
        """List what has to run before its worker, beside Temporal."""
        return [self.postgres, self.model, self._filling]

    async def open(self, business: Business) -> None:
        """Start the worker and connect, once everything else runs.

        Raises:
            StackFailed: the worker would not start; with the end of its log.
        """
        self._worker.prepare()
        self._child = Child(self._worker.name, self._worker.command(), self._log)
        try:
            await until_ready(self._worker, self._child, WORKER_SECONDS)
        except StackFailed as error:
            raise StackFailed(f"{self._worker.name} would not start: {' | '.join(self._child.tail()) or error}") from error
        self._business, self._client = business, await connect(self._temporal.address)

    async def close(self) -> None:
        """Stop the worker, where it runs."""
        if self._child is not None:
            await asyncio.to_thread(self._child.stop)

    @property
    def cases(self) -> CaseClient:
        """The cases of this lane's worker."""
        assert self._client is not None  # noqa: S101 - `open` comes first
        return CaseClient(self._client, task_queue=self.queue)

    def logged(self, since: int = 0) -> tuple[int, list[str]]:
        """Return how long the worker's log is in bytes, and its last lines behind `since`; none before it was started."""
        if not self._log.exists():
            return 0, []
        with open(self._log, "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(since, size - LOG_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return size, [line.rstrip()[:LOG_WIDTH] for line in lines if line.strip()][-LOG_LINES:]

    async def begin(self, case_id: str) -> None:
        """Make the data anew for the case, which alone may work on it, once every step of the last one has ended.

        Raises:
            StillWithin: one has not.
            StackFailed: see `Renewable.renew`.
        """
        await self.gate.quiet()
        await self.postgres.renew()
        self.gate.open(workflow_id(case_id))

    async def ended(self, case_id: str) -> None:
        """End the case, however far it was played: it must not go on in the data, and with the answers, of the next play."""
        self.gate.shut()
        assert self._client is not None  # noqa: S101 - `open` comes first
        try:
            await self._client.get_workflow_handle(workflow_id(case_id)).terminate("played")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it was never opened, or is closed
                raise

    async def ledger(self, case_id: str) -> list[EffectResult]:
        """Read the ledger's entries of the case's effects."""
        assert self._business is not None  # noqa: S101 - `open` comes first
        pool = await open_pool(self.postgres.url, size=1)
        try:
            return await PostgresCases(pool, self._business).effects(case_id)
        finally:
            await pool.close()

    async def why(self, case_id: str) -> str:
        """Return the packet's words for why a person has the case, with what the policies said."""
        assert self._business is not None  # noqa: S101 - `open` comes first
        pool = await open_pool(self.postgres.url, size=1)
        try:
            packet = await PostgresCases(pool, self._business).handoff(case_id)
        finally:
            await pool.close()
        return " ".join([packet.escalation.words, *map(str, packet.policy_hits)]) if packet else ""

    async def read(self, reader: Any) -> Any:
        """Return the answer of `reader` on a connection that can only read."""
        pool = await open_pool(self.postgres.url, size=1)
        try:
            async with reading(pool) as connection:
                return await reader(connection)
        finally:
            await pool.close()

    async def _fill(self) -> str:
        business = brought(self._package)
        await self.postgres.lay_out()
        await migrate(self.postgres.pristine, business, datetime.now(UTC))
        pool = await open_pool(self.postgres.pristine, size=1)
        try:
            async with writing(pool) as connection:
                await seeded(business, connection, self._begins or datetime.now(UTC))
        finally:
            await pool.close()
        await self.postgres.renew()
        return "filled"

    def _environment(self) -> Mapping[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **ours,
            **kept,
            **self._extra,
            "HANDRAIL_BUSINESS": self._package,
            "HANDRAIL_TASK_QUEUE": self.queue,
            "HANDRAIL_RECONCILE_SECONDS": NEVER,
            "HANDRAIL_TEMPORAL_ADDRESS": self._temporal.address,
            "HANDRAIL_DATABASE_URL": self.postgres.url,
            "HANDRAIL_MODEL": self.model.serves,
            "OPENAI_BASE_URL": self.model.url,
            "OPENAI_API_KEY": "conformance",
        }
