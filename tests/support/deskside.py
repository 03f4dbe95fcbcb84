"""The desk, served over the real house, and keys for the people at it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import uvicorn
from starlette.types import ASGIApp

from handrail.api.access.minting import mint
from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.wiring.front.api import listen, services_of
from handrail.wiring.front.desk import desk_of
from handrail.wiring.front.providers import federated
from tests.support.house import House, wait_for

OWN = (ApiScope.APPROVALS_DECIDE, ApiScope.CASES_HANDLE)
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


async def key_of(home: House, person: str | None, *scopes: ApiScope) -> str:
    """A key, as its owner has it."""
    key, parts = mint("desk", scopes or OWN, at=datetime.now(UTC), by="a test", environment="test", person=person)
    await PostgresApiKeys(home.pool).add(key)
    return parts.text


async def with_desk(home: House, **changes: object) -> ASGIApp:
    """The application, with the desk where `handrail api run` has it; `changes` are of the settings: replies leave at once."""
    settings = home.settings.model_copy(update={"desk_undo_seconds": 0.0, **changes})
    services = await services_of(settings, home.temporal, home.pool)
    return create_app(services, mounts={"/desk": desk_of(settings, home.pool, services, federated(settings))})


@asynccontextmanager
async def serving(home: House, **changes: object) -> AsyncIterator[str]:
    """The address of the desk, served to browsers."""
    listening = listen("127.0.0.1:0")
    config = uvicorn.Config(await with_desk(home, **changes), log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    work = asyncio.create_task(server.serve(sockets=[listening]))
    try:

        async def started() -> bool:
            return server.started

        await wait_for(started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/desk/"
    finally:
        server.should_exit = True
        await work
        listening.close()


class AtDesk(httpx.AsyncClient):
    """Somebody at the desk whose browser runs no script."""

    async def look(self, path: str) -> str:
        """The page, which has to be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    async def submit(self, page: str, path: str, **form: str) -> httpx.Response:
        """What comes of a form that stands on the page."""
        found = FORM_TOKEN.search(page)
        assert found, page
        return await self.post(path, data={"form_token": found[1], **form})


@asynccontextmanager
async def at_desk(app: ASGIApp, key: str) -> AsyncIterator[AtDesk]:
    """Somebody who signed in."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    async with AtDesk(transport=transport, base_url="http://desk", timeout=60, headers={"accept-language": "en"}) as person:
        answer = await person.post("/desk/sign-in", data={"key": key, "to": "/desk/"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/"), answer.text
        yield person
