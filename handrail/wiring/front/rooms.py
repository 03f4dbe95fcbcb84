"""The rooms of pages beside the API, in one application with it."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handrail.api.access.oidc import OidcClient
from handrail.api.app import create_app
from handrail.api.services import ApiServices
from handrail.postgres.pool import Pool
from handrail.settings import Settings
from handrail.wiring.front.chat import chat_of
from handrail.wiring.front.desk import desk_of


def with_rooms(settings: Settings, pool: Pool, services: ApiServices, provider: OidcClient | None = None) -> FastAPI:
    """Return the application with the desk and the chat. Raises: DefinitionInvalid: what they show cannot be read."""
    rooms = {"/desk": desk_of(settings, pool, services, provider), "/chat": chat_of(settings, pool, services)}
    app = create_app(services, mounts=rooms)
    app.router.routes += [Route(room, with_slash) for room in rooms]
    return app


def with_slash(request: Request) -> Response:
    """Send whoever left the slash out to the room."""
    return RedirectResponse(f"{request.url.path}/")
