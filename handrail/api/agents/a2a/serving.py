"""A2A, served: the JSON-RPC endpoint behind the gate of the API, the signed card and the key that checks it in front."""

from __future__ import annotations

from a2a.server.context import ServerCallContext
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.routes.common import DefaultServerCallContextBuilder
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from handrail.api.agents.a2a.card import KEYS, RPC, CardKey, card_of
from handrail.api.agents.a2a.conversations import PRINCIPAL, Conversations
from handrail.api.agents.a2a.handler import CaseRequestHandler
from handrail.api.services import ApiServices
from handrail.events.tail import EventTail

FRESH = "public, max-age=300"


class KnownCallers(DefaultServerCallContextBuilder):
    """Puts who calls into the call's context, as the gate found it."""

    def build(self, request: Request) -> ServerCallContext:
        """Return the context of the call."""
        context = super().build(request)
        context.state["headers"].pop("authorization", None)
        context.state[PRINCIPAL] = getattr(request.state, PRINCIPAL, None)
        return context


def a2a_routes(services: ApiServices, tail: EventTail, address: str, key: CardKey, version: str) -> list[BaseRoute]:
    """Return the routes."""
    card = key.signed(card_of(services.house, address, version), address)
    handler = CaseRequestHandler(Conversations(services, tail))

    async def keys(request: Request) -> JSONResponse:
        return JSONResponse(key.published, headers={"cache-control": FRESH})

    return [
        *create_agent_card_routes(card, cache_control=FRESH),
        Route(KEYS, keys),
        *create_jsonrpc_routes(handler, RPC, context_builder=KnownCallers()),
    ]
