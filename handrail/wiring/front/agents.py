"""Other people's agents, wired: MCP and A2A, each where a setting switches it on; nothing of them is imported else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.routing import BaseRoute

from handrail.api.app import VERSION
from handrail.api.services import ApiServices
from handrail.domain.errors import InvalidInput
from handrail.events.tail import EventTail
from handrail.settings import Settings

EXTRA = "HANDRAIL_A2A: is on, but the extra is not installed. Install it with: pip install 'handrail[a2a]'; or switch it off."


@asynccontextmanager
async def serving_agents(app: FastAPI, settings: Settings, services: ApiServices, tail: EventTail) -> AsyncIterator[None]:
    """Serve agents for as long as the block lasts. Raises: InvalidInput: an extra or a key that is needed is not there."""
    async with AsyncExitStack() as stack:
        if settings.a2a:
            app.router.routes.extend(a2a_of(settings, services, tail))
        if settings.mcp:
            from handrail.api.agents.tools import mcp_routes, mcp_server, running

            server = mcp_server(services, settings.reached_at, settings.api_oidc_issuer, VERSION)
            app.router.routes.extend(mcp_routes(server, services))
            await stack.enter_async_context(running(server))
        yield


def a2a_of(settings: Settings, services: ApiServices, tail: EventTail) -> Sequence[BaseRoute]:
    """Return the routes of A2A. Raises: InvalidInput: the extra is not installed, or the key is none."""
    if find_spec("a2a") is None:
        raise InvalidInput(EXTRA)
    from handrail.api.agents.a2a.card import CardKey
    from handrail.api.agents.a2a.serving import a2a_routes

    key = CardKey(settings.a2a_key.get_secret_value() if settings.a2a_key else "", settings.a2a_key_id)
    return a2a_routes(services, tail, settings.reached_at, key, VERSION)
