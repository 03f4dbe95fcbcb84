"""Other people's agents before the real house: the application as it is wired, keys and tokens of the database, a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from joserfc.jwk import ECKey
from pydantic import SecretStr

from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.settings import Settings
from handrail.wiring.front.api import ClosingServer, application, listen, services_of
from tests.support.house import House
from tests.workflows.api.conftest import Backend, backend

SIGNING_KEY = "a key of the tests, of which nobody knows"
REACHED_AT = "http://api"


def with_agents(settings: Settings, **changes: object) -> Settings:
    """The settings of a house that agents may call."""
    many = {"api_calls_per_minute": 100_000, "api_customer_calls_per_minute": 100_000}
    known = {"agents_key": SecretStr(SIGNING_KEY), "public_url": REACHED_AT}
    return settings.model_copy(update={**many, **known, **changes})


@dataclass(frozen=True, slots=True)
class Doors:
    """The application, and a browser without a key."""

    app: FastAPI
    browser: httpx.AsyncClient


@pytest.fixture
async def doors(home: House) -> AsyncIterator[Doors]:
    """The application with a key that signs links."""
    app = create_app(await services_of(with_agents(home.settings), home.temporal, home.pool))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=REACHED_AT, timeout=60) as browser:
        yield Doors(app, browser)


@pytest.fixture
async def agent(home: House, doors: Doors) -> AsyncIterator[Backend]:
    """Somebody's agent that calls over plain HTTP."""
    scopes = [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.AGENTS_ACT]
    async with await backend(home, doors.app, scopes) as caller:
        yield caller


@dataclass(frozen=True, slots=True)
class Agency:
    """The house, served over HTTP at `at` with MCP and A2A switched on; `key` checks the signature of the card."""

    at: str
    app: FastAPI
    key: ECKey


@asynccontextmanager
async def agency(home: House, **changes: object) -> AsyncIterator[Agency]:
    """The house over a real port, as `handrail api run` serves it."""
    listening = listen("127.0.0.1:0")
    host, port = listening.getsockname()
    key = ECKey.generate_key("P-256")
    at, pem = f"http://{host}:{port}", SecretStr(key.as_pem(private=True).decode())
    settings = with_agents(home.settings, **{"public_url": at, "mcp": True, "a2a": True, "a2a_key": pem, **changes})
    known = {"temporal_address": address(home), "temporal_namespace": home.temporal.namespace}
    async with application(settings.model_copy(update=known)) as app:
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=5)
        server = ClosingServer(config, app.state.tail)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield Agency(at, app, key)
        finally:
            server.should_exit = True
            await running
            listening.close()


def address(home: House) -> str:
    """Where the house's Temporal server listens."""
    return home.temporal.service_client.config.target_host


async def token_for(home: House, house: Agency, customer_id: str) -> str:
    """A customer's token, as their backend mints it."""
    async with await backend(home, house.app, [ApiScope.TOKENS_MINT]) as minter:
        minted = await minter.post("/v1/tokens", json={"customer_id": customer_id})
        assert minted.status_code == 201, minted.text
        return str(minted.json()["token"])
