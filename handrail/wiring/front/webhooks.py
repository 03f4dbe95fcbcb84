"""Webhooks, wired: a worker of their own task queue, and what addresses each event to the endpoints that want it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from psycopg import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.webhooks import WebhookActivities
from handrail.background import Say, silent, supervised
from handrail.clock import SystemClock
from handrail.domain.counting import listed
from handrail.domain.webhooks import DeliveryRequest, WebhooksNotSetUp
from handrail.ports.front.webhooks import SecretSeal
from handrail.postgres.case.events import announced
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.settings import Settings
from handrail.temporal.webhooks import deliver, webhook_queue
from handrail.temporal.worker.ahead import RewindingRunner
from handrail.webhooks.sealing import KeySeal
from handrail.webhooks.sending import HttpSender
from handrail.wiring.cases.building import build_models
from workflows.webhooks import WebhookWorkflow

AT_ONCE = 20
LOOK_SECONDS = 2.0
GATHER_SECONDS = 0.1
"""After the first word of something new: what else is committed in this time is addressed with it."""
LATE_SECONDS = 30.0
PAUSE_SECONDS = 1.0
NAMED = 3
WORK = "webhooks"
LOUD = "HANDRAIL_WEBHOOKS_LOOPBACK is on: webhooks may reach this machine itself, without encryption. Never in production."
_log = logging.getLogger("handrail.webhooks")


def sender_of(settings: Settings) -> HttpSender:
    """Return the way out of the house, as the settings allow it."""
    if settings.webhooks_loopback:
        _log.warning(LOUD)
    return HttpSender(loopback=settings.webhooks_loopback)


def webhook_worker(client: Client, settings: Settings, pool: Pool, sender: HttpSender | None = None) -> Worker:
    """Return the worker that delivers; `sender` is another way out of the house."""
    build_models()
    done = WebhookActivities(
        PostgresOutbox(pool), sender or sender_of(settings), seal_of(settings), SystemClock(), random.random
    )
    runs = RewindingRunner(UnsandboxedWorkflowRunner())
    worker = Worker(
        client,
        task_queue=webhook_queue(settings.task_queue),
        workflows=[WebhookWorkflow],
        activities=[done.attempt],
        workflow_runner=runs,
        max_concurrent_activities=AT_ONCE,
        graceful_shutdown_timeout=timedelta(seconds=12),
    )
    runs.evict_from(worker)
    return worker


def seal_of(settings: Settings) -> KeySeal:
    """Return the seal of the signing secrets."""
    return KeySeal(settings.webhook_key.get_secret_value())


@asynccontextmanager
async def delivering(client: Client, settings: Settings, pool: Pool, say: Say = silent) -> AsyncIterator[None]:
    """Deliver webhooks for as long as the block lasts."""
    url = settings.database_url.get_secret_value()
    addressing = Addressing(client, settings.task_queue, pool, seal_of(settings), say)
    async with (
        webhook_worker(client, settings, pool),
        supervised(WORK, lambda: addressing.forever(url), say=say),
    ):
        yield


class Addressing:
    """A loop that begins deliveries: of what happens to whom it concerns, and again of what was left.

    Where the key does not open an endpoint's secrets its messages wait, and nobody is asked again and again.
    """

    def __init__(self, client: Client, task_queue: str, pool: Pool, seal: SecretSeal, say: Say = silent) -> None:
        self._client, self._queue, self._pool, self._seal, self._say = client, task_queue, pool, seal, say
        self._outbox, self._webhooks = PostgresOutbox(pool), PostgresWebhooks(pool)
        self._closed: dict[str, str] = {}
        self._bell = asyncio.Event()

    async def forever(self, url: str) -> None:
        """Go on until cancelled; while nobody is to be called, look for somebody alone."""
        while True:
            if await self._wanted():
                async with supervised("the ear for events", lambda: self._ring(url)):
                    await self._address()
            await asyncio.sleep(LOOK_SECONDS)

    async def _wanted(self) -> bool:
        try:
            wanted = await self._webhooks.wanted()
        except OperationalError as error:
            self._say(f"cannot deliver webhooks: {error}")
            return False
        if not wanted:  # where somebody is to be called, the look says how that goes
            self._say(None)
        return wanted

    async def _address(self) -> None:
        """Do so while anybody is to be called; tell owners of endpoints that take nothing more."""
        loop = asyncio.get_running_loop()
        looked = float("-inf")
        while True:
            self._bell.clear()
            try:
                if loop.time() - looked > LATE_SECONDS:
                    looked = loop.time()
                    await self._look()
                    await self._begin(await self._outbox.overdue(without=list(self._closed)))
                    if not await self._webhooks.wanted():
                        return
                while found := await self._outbox.address():
                    await self._begin(found)
            except (OperationalError, RPCError) as error:
                self._say(f"cannot deliver webhooks: {error}")
                await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._bell.wait()
                    await asyncio.sleep(GATHER_SECONDS)

    async def _begin(self, wanted: list[DeliveryRequest]) -> None:
        await deliver(self._client, self._queue, [one for one in wanted if one.endpoint_id not in self._closed])

    async def _look(self) -> None:
        """See whose secrets cannot be opened, and who takes nothing more; say both."""
        closed, before = await sealed_off(self._webhooks, self._seal), self._closed
        self._closed = closed
        if closed and closed != before:
            _log.error("%s", waiting(closed))
        disabled = await self._webhooks.disabled()
        words = [waiting(closed)] if closed else []
        words += [f"webhooks that take nothing more: {'; '.join(disabled)}"] if disabled else []
        self._say(" ".join(words) or None)

    async def _ring(self, url: str) -> None:
        async for _ in announced(url):
            self._bell.set()


async def sealed_off(webhooks: PostgresWebhooks, seal: SecretSeal) -> dict[str, str]:
    """Return why the key does not open an endpoint's secrets, for each one of which it does not."""
    found: dict[str, str] = {}
    for endpoint in await webhooks.all():
        try:
            for sealed in await webhooks.secrets(endpoint.endpoint_id):
                seal.open(sealed)
        except WebhooksNotSetUp as error:
            found[endpoint.endpoint_id] = str(error)
    return found


def waiting(closed: dict[str, str]) -> str:
    """Say which endpoints wait for their key, and what is wrong with the one that is here."""
    return f"Webhooks wait for their key: {listed(list(closed), NAMED)}. {next(iter(closed.values()))}"
