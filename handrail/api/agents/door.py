"""The door of the MCP server: callers are found by the checks of the HTTP API, and told to the SDK as OAuth tokens."""

from __future__ import annotations

from contextvars import ContextVar

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from handrail.api.problems.answers import refusal
from handrail.api.services import ApiServices
from handrail.domain.access.principals import NotAuthenticated, Principal

_found: ContextVar[Principal | None] = ContextVar("the caller of this request", default=None)


class HouseToken(AccessToken):
    """A token whose caller is known; the token itself is not kept."""

    principal: Principal


class HouseVerifier:
    """The SDK's `TokenVerifier`: says what the door has found out."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the caller of this request, None where nobody is known."""
        caller = _found.get()
        if caller is None:
            return None
        return HouseToken(token="-", client_id=caller.caller, scopes=sorted(caller.scopes), principal=caller)  # noqa: S106


class McpDoor:
    """Checks and counts calls ahead of the SDK, which refuses those that nobody vouches for in OAuth's own words."""

    def __init__(self, app: ASGIApp, services: ApiServices) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        word, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        caller: Principal | None = None
        try:
            if word.lower() == "bearer" and token.strip():
                caller = await self._known(token.strip())
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody comes in
            return await refusal(scope, error)(scope, receive, send)
        kept = _found.set(caller)
        try:
            await self._app(scope, receive, send)
        finally:
            _found.reset(kept)

    async def _known(self, token: str) -> Principal | None:
        try:
            caller = await self._services.authenticate(token)
        except NotAuthenticated:
            return None
        await self._services.limits.count(self._services.limits.of(caller), caller.limited)
        return caller.as_agent()


def caller_now() -> Principal:
    """Return who calls the tool. Raises: NotAuthenticated: nobody is known."""
    found = get_access_token()
    if not isinstance(found, HouseToken):
        raise NotAuthenticated("Nobody is known here. Send `Authorization: Bearer` with a key.")
    return found.principal
