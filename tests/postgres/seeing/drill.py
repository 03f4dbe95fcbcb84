"""A house whose figures are collected as Prometheus would, and in which a test plants faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
from temporalio.client import Client

from handrail.embedded.ports import free_block
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.seeing import PostgresFigures
from handrail.settings import Settings
from handrail.wiring.seen.lists import begin_at_zero
from handrail.wiring.seen.reading import ServerFigures
from tests.postgres.conftest import Run
from tests.support.figures import Served
from tests.support.promql import Scrapes, Vector

DEADLINE_SECONDS = 30.0


@dataclass
class Drill:
    """The house; `addresses` has where each job's figures are collected, all at one address unless a fault says otherwise."""

    pool: Pool
    run: Run
    cases: PostgresCases
    client: Client
    settings: Settings
    served: Served = field(default_factory=Served)
    model: str = ""
    admin: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    later: float = 0.0
    """Seconds that have gone by when the rules are evaluated."""
    scrapes: Scrapes = field(default_factory=lambda: Scrapes(now=time.time()))

    def __post_init__(self) -> None:
        self.served.labels.define(topic=lambda: ["all", "refund"], model=lambda: ["m", "handrail-offline-1"])
        begin_at_zero(self.served.figures, ["m", "handrail-offline-1"], [])
        self.addresses = {"worker": self.served.address, "api": self.served.address}

    async def read(self) -> None:
        """Read what stands in servers, as a process that serves does."""
        await ServerFigures(self.served.figures, PostgresFigures(self.pool), self.client, self.settings).read()

    async def collect(self) -> None:
        """Read, then scrape every job."""
        await self.read()
        self.scrapes.now = time.time() + self.later
        self.scrapes.take(**{job: await fetched(address) for job, address in self.addresses.items()})

    async def until(self, fires: Callable[[], Vector]) -> Vector:
        """Collect until the rule fires, as Prometheus does again and again. Raises: AssertionError: not in time."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            await self.collect()
            if (found := fires()) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.2)


async def fetched(address: str) -> str | None:
    """Return what is served there; None where nobody answers."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://{address}/metrics")).text
        except httpx.TransportError:
            return None


def nobody() -> str:
    """An address at which nobody listens."""
    return f"127.0.0.1:{free_block(1)}"


Fault = Callable[[Drill], Awaitable[None]]
