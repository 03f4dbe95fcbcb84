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
from handrail.postgres.case.events import announced
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.settings import Settings
from handrail.temporal.webhooks import deliver, webhook_queue
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
    return Worker(
        client,
        task_queue=webhook_queue(settings.task_queue),
        workflows=[WebhookWorkflow],
        activities=[done.attempt],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_activities=AT_ONCE,
        graceful_shutdown_timeout=timedelta(seconds=12),
    )


def seal_of(settings: Settings) -> KeySeal:
    """Return the seal of the signing secrets."""
    return KeySeal(settings.webhook_key.get_secret_value())


@asynccontextmanager
async def delivering(client: Client, settings: Settings, pool: Pool, say: Say = silent) -> AsyncIterator[None]:
    """Deliver webhooks for as long as the block lasts."""
    url = settings.database_url.get_secret_value()
    async with (
        webhook_worker(client, settings, pool),
        supervised("webhooks", lambda: address_forever(client, settings.task_queue, pool, url, say), say=say),
    ):
        yield


async def address_forever(client: Client, task_queue: str, pool: Pool, url: str, say: Say = silent) -> None:
    """Begin a delivery for whatever happens, until cancelled; while nobody is to be called, look for somebody alone."""
    bell = asyncio.Event()
    while True:
        if await _wanted(pool, say):
            async with supervised("the ear for events", lambda: _ring(url, bell)):
                await _address(client, task_queue, pool, bell, say)
        await asyncio.sleep(LOOK_SECONDS)


async def _wanted(pool: Pool, say: Say) -> bool:
    try:
        return await PostgresWebhooks(pool).wanted()
    except OperationalError as error:
        say(f"cannot deliver webhooks: {error}")
        return False


async def _address(client: Client, task_queue: str, pool: Pool, bell: asyncio.Event, say: Say) -> None:
    """Do so while anybody is to be called; tell owners of endpoints that take nothing more."""
    outbox, webhooks = PostgresOutbox(pool), PostgresWebhooks(pool)
    loop = asyncio.get_running_loop()
    looked = float("-inf")
    while True:
        bell.clear()
        try:
            while found := await outbox.address():
                await deliver(client, task_queue, found)
            if loop.time() - looked > LATE_SECONDS:
                looked = loop.time()
                await deliver(client, task_queue, await outbox.overdue())
                disabled = await webhooks.disabled()
                say(f"webhooks that take nothing more: {'; '.join(disabled)}" if disabled else None)
                if not await webhooks.wanted():
                    return
        except (OperationalError, RPCError) as error:
            say(f"cannot deliver webhooks: {error}")
            await asyncio.sleep(PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await bell.wait()
                await asyncio.sleep(GATHER_SECONDS)


async def _ring(url: str, bell: asyncio.Event) -> None:
    async for _ in announced(url):
        bell.set()
