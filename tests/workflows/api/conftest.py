"""The HTTP API over the real house: its own application, real Temporal, real PostgreSQL, a worker, keys of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.api.access.minting import mint
from handrail.api.app import create_app
from handrail.domain.access.keys import ApiKey
from handrail.domain.access.principals import ApiScope
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.wiring.front.api import services_of
from tests.support.house import House


class Backend(httpx.AsyncClient):
    """A backend that calls with a key of its own."""

    key: ApiKey
    secret: str


async def backend(home: House, app: ASGIApp, scopes: Sequence[ApiScope], person: str | None = None) -> Backend:
    """A backend whose key has the scopes."""
    key, parts = mint("a test", scopes, at=datetime.now(UTC), by="a test", environment="test", person=person)
    await PostgresApiKeys(home.pool).add(key)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    caller = Backend(transport=transport, base_url="http://api", timeout=60, headers={"authorization": f"Bearer {parts.text}"})
    caller.key, caller.secret = key, parts.text
    return caller


@pytest.fixture
async def served(home: House) -> ASGIApp:
    """The application, wired as `handrail api run` wires it."""
    settings = home.settings.model_copy(update={"api_calls_per_minute": 100_000, "api_customer_calls_per_minute": 100_000})
    return create_app(await services_of(settings, home.temporal, home.pool))


@pytest.fixture
async def api(home: House, served: ASGIApp) -> AsyncIterator[Backend]:
    """A backend that opens cases and reads them."""
    async with await backend(home, served, [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.QUEUE_READ]) as caller:
        yield caller


def fresh(word: str = "k") -> str:
    """A key that nobody has used."""
    return f"{word}-{uuid4().hex[:12]}"
