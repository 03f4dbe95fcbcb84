"""The HTTP API, wired: adapters behind its ports, the server over them, until it is told to stop."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI
from psycopg import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError

from handrail.api.access.bearer import KeyCheck, checked_by
from handrail.api.access.customers import CustomerCheck
from handrail.api.access.limits import CallLimits
from handrail.api.agents.links import ConfirmLinks
from handrail.api.services import ApiServices
from handrail.background import BackgroundTroubles, within
from handrail.clock import SystemClock
from handrail.desk.replies.leaving import Leaving
from handrail.domain.access.limits import CallLimit
from handrail.domain.errors import InvalidInput
from handrail.events.tail import EventTail
from handrail.outside.loading import brought
from handrail.postgres import owner
from handrail.postgres.access.agents import PostgresAgentTasks
from handrail.postgres.access.answers import PostgresAnswers
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.access.record import PostgresCaseRecord
from handrail.postgres.access.vouchers import PostgresCustomerTokens, PostgresVouchers
from handrail.postgres.case.events import PostgresEvents, announced
from handrail.postgres.case.ratings import PostgresRatingLinks, PostgresRatings
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.connections import TakesNoWrites
from handrail.postgres.desk.batches import PostgresDeskBatches
from handrail.postgres.desk.replies import PostgresHeldReplies
from handrail.postgres.health import takes_writes
from handrail.postgres.personal.kin import PostgresKin
from handrail.postgres.pool import Pool, open_pool
from handrail.seeing.now import now
from handrail.settings import Settings
from handrail.temporal.cases.starting import CaseStarter
from handrail.temporal.late import WORK as CONNECTING
from handrail.wiring.cases import collecting
from handrail.wiring.cases.dialling import reviewers_of
from handrail.wiring.connecting import connected_late, connecting, runtime_of
from handrail.wiring.front.agents import serving_agents
from handrail.wiring.front.house import LOOK_SECONDS, OwnersControls, PeoplesQueue, SettledEffects, ceilings_in, webhook_office
from handrail.wiring.front.providers import federated, oidc
from handrail.wiring.front.rooms import with_rooms
from handrail.wiring.front.sweeping import sweep_forever
from handrail.wiring.redacting import redaction_of
from handrail.wiring.sealing import EAR, keeping_keys, sealing_of
from handrail.wiring.seen.beginning import define_topics, interceptors, reading, seeing, troubled
from handrail.wiring.seen.reading import WORK as FIGURES
from handrail.wiring.starting import WORK as BEGINNING
from handrail.wiring.starting import clients, starter_of

DAY_HOURS = 24
PROBE = timedelta(seconds=2)
NOT_YET = "answers, and has taken no case yet since it was away"
GRACE_SECONDS = 10
"""Requests that run when the process is told to stop get so long to end."""
_log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        InvalidInput: the address cannot be had, or the database is another business's.
        OperationalError: PostgreSQL does not answer. Without Temporal cases are taken, and begin when it is there.
    """
    listening = listen(settings.api_address)
    try:
        async with application(settings) as app:
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
            collecting.settle()
            _log.info("serving at http://%s", settings.api_address)
            await ClosingServer(config, app.state.tail).serve(sockets=[listening])
    finally:
        listening.close()


class ClosingServer(uvicorn.Server):
    """A server that ends its streams when it is told to stop: it waits for every answer that is under way."""

    def __init__(self, config: uvicorn.Config, tail: EventTail) -> None:
        super().__init__(config)
        self._tail = tail

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye to readers, then shut down."""
        self._tail.close()
        await super().shutdown(sockets)


def tail_of(settings: Settings, pool: Pool) -> EventTail:
    """Return the tail of events, with one connection that listens."""
    url = settings.database_url.get_secret_value()
    return EventTail(PostgresEvents(pool), lambda: announced(url), OperationalError)


def listen(address: str) -> socket.socket:
    """Return a socket that listens there. Raises: InvalidInput: it is no address, or cannot be had."""
    host, _, port = address.rpartition(":")
    try:
        listening = socket.create_server((host.strip("[]"), int(port)), backlog=2_048)
    except (OSError, ValueError, OverflowError) as error:
        words = getattr(error, "strerror", None) or "write HOST:PORT"
        raise InvalidInput(f"HANDRAIL_API_ADDRESS: {address!r} cannot be had ({words}). Name a free one.") from error
    # Connections inherit it. The loop sets it only on sockets that name their protocol, and without it the body of an answer
    # waits until the other side has acknowledged the head: up to 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application with its connections, which are closed at the end. Raises: see `serve`."""
    runtime = runtime_of(settings.api_metrics_address, "HANDRAIL_API_METRICS_ADDRESS")
    with seeing(settings, "handrail-api", runtime if settings.api_metrics_address else None) as seen:
        client = await connected_late(settings, runtime=runtime, interceptors=interceptors(seen))
        pool = await open_pool(settings.database_url.get_secret_value(), size=settings.database_pool)
        troubles = BackgroundTroubles(None, troubled(seen))
        figures = reading(seen, pool, client, settings, troubles.about(FIGURES))
        try:
            async with figures, serving_on(settings, client, pool, troubles) as app:
                yield app
        finally:
            await pool.close()


@asynccontextmanager
async def serving_on(settings: Settings, client: Client, pool: Pool, troubles: BackgroundTroubles) -> AsyncIterator[FastAPI]:
    """Return the application on these connections. Raises: see `serve`."""
    services = await services_of(settings, client, pool)
    tail = tail_of(settings, pool)
    async with (
        troubles.running("sweeping what is kept too long", lambda say: sweep_forever(pool, services.kept, settings, say)),
        troubles.running("the tail of events", tail.forever),
        troubles.running("replies that leave", Leaving(PostgresHeldReplies(pool), services.cases).forever),
        troubles.running(BEGINNING, services.starter.forever),
        connecting(client, troubles.about(CONNECTING)),
        keeping_keys(settings, client, troubles.about(EAR)),
    ):
        app = with_rooms(settings, pool, services, federated(settings), sealing_of(client))
        app.state.tail = tail
        async with serving_agents(app, settings, services, tail):
            yield app


async def services_of(settings: Settings, client: Client, pool: Pool) -> ApiServices:
    """Return the adapters behind the API's ports. Raises: InvalidInput: the database is another business's."""
    business = brought(settings.business, settings.definitions)
    await owner.check(pool, business)
    define_topics(now().labels, settings.definitions or business.folder)
    tokens, redaction = PostgresCustomerTokens(pool), redaction_of(settings)

    async def connection() -> Client:
        return client

    reviewers = reviewers_of(settings, settings.definitions or business.folder, business, LOOK_SECONDS)
    starter = starter_of(client, settings, pool)
    acting = clients(client, settings.task_queue, redaction, starter.now)
    return ApiServices(
        cases=lambda principal: acting(principal.identity),
        starts=PostgresCaseStarts(pool),
        starter=starter,
        record=PostgresCaseRecord(pool, business),
        answers=PostgresAnswers(pool),
        vouchers=PostgresVouchers(pool),
        tokens=tokens,
        kin=PostgresKin(pool, business, SystemClock()),
        ratings=PostgresRatings(pool),
        channels=PostgresChannels(pool),
        rating_links=PostgresRatingLinks(pool),
        root=settings.reached_at,
        queue=PeoplesQueue(pool),
        controls=OwnersControls(settings, pool, business),
        webhooks=webhook_office(settings, pool, connection),
        batches=PostgresDeskBatches(pool),
        effects=SettledEffects(pool, redaction),
        ceilings=ceilings_in(settings.definitions or business.folder, business),
        authenticate=checked_by([KeyCheck(PostgresApiKeys(pool)), CustomerCheck(tokens), *oidc(settings)], reviewers),
        limits=limits_of(settings),
        away=lambda: away(pool, client, starter),
        kept=timedelta(hours=max(DAY_HOURS, settings.reopen_hours)),
        tasks=PostgresAgentTasks(pool),
        house=business.house,
        links=links_of(settings),
    )


def links_of(settings: Settings) -> ConfirmLinks | None:
    """Return what signs links for the humans behind agents, None where there is no key. Raises: InvalidInput: it is short."""
    key = settings.agents_key.get_secret_value()
    return ConfirmLinks(key, settings.reached_at) if key or settings.mcp or settings.a2a else None


def limits_of(settings: Settings) -> CallLimits:
    """Return the limits of callers and of what comes in for a customer."""
    return CallLimits(
        CallLimit(name="caller", calls=settings.api_calls_per_minute, seconds=60),
        CallLimit(name="customer", calls=settings.api_customer_calls_per_minute, seconds=60),
    )


async def away(pool: Pool, client: Client, starter: CaseStarter) -> dict[str, str]:
    """Return what does not answer, and why. Temporal is away until it has taken a case or said that it would."""
    temporal = await silence(alive(client)) or (NOT_YET if starter.away else "")
    found = {"record": await silence(takes_writes(pool)), "temporal": temporal}
    return {name: words for name, words in found.items() if words}


async def alive(client: Client) -> None:
    """Ask Temporal for a sign of life. Raises: RPCError."""
    await client.service_client.check_health(timeout=PROBE)


async def silence(asking: Coroutine[Any, Any, object]) -> str:
    """Return why what was asked does not answer; nothing where it does."""
    try:
        await within(PROBE.total_seconds(), asking)
    except (RPCError, RuntimeError, TimeoutError, OSError):
        return "does not answer"
    except TakesNoWrites:
        return "takes no writes"
    except Exception as error:  # noqa: BLE001 - a driver's own errors: whatever it is, it is away
        return f"does not answer ({type(error).__name__})"
    return ""
