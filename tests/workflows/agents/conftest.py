"""Other people's agents before the real house: the application as it is wired, keys and tokens of the database, a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.settings import Settings
from handrail.wiring.api import services_of
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
