"""The rooms of pages beside the API, in one application with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from handrail.api.app import create_app
from handrail.api.codec.door import door_of
from handrail.api.codec.server import PATH, create_codec
from handrail.api.services import ApiServices
from handrail.postgres.pool import Pool
from handrail.postgres.vault.keys import PostgresPlainReadings
from handrail.seeing.now import now
from handrail.settings import Settings
from handrail.temporal.codec import SealingCodec
from handrail.wiring.front.chat import chat_of
from handrail.wiring.front.desk import desk_of
from handrail.wiring.seen.beginning import tracer_provider
from handrail.wiring.seen.requests import seen_requests

if TYPE_CHECKING:
    from handrail.api.access.oidc import OidcClient


def with_rooms(
    settings: Settings,
    pool: Pool,
    services: ApiServices,
    provider: OidcClient | None = None,
    codec: SealingCodec | None = None,
) -> FastAPI:
    """Return the application with the desk and the chat, and with the codec server where histories are encrypted.

    Raises:
        DefinitionInvalid: what they show cannot be read.
        InvalidInput: a setting cannot be used.
    """
    rooms = {"/desk": desk_of(settings, pool, services, provider), "/chat": chat_of(settings, pool, services)}
    mounts = {**rooms, **codec_server_of(settings, pool, services, codec)}
    app = create_app(services, mounts=mounts, tracer_provider=tracer_provider(now()))
    app.router.routes += [Route(room, with_slash) for room in rooms]
    seen_requests(app, now())
    return app


def codec_server_of(settings: Settings, pool: Pool, services: ApiServices, codec: SealingCodec | None) -> dict[str, ASGIApp]:
    """Return the codec server by its path; nothing without a codec. Raises: InvalidInput: a setting cannot be used."""
    if codec is None:
        return {}
    unguarded = settings.codec_unguarded
    door = door_of(services.authenticate, settings.temporal_ui, settings.api_address, unguarded=unguarded)
    return {PATH: create_codec(codec, door, PostgresPlainReadings(pool))}


def with_slash(request: Request) -> Response:
    """Send whoever left the slash out to the room."""
    return RedirectResponse(f"{request.url.path}/")
