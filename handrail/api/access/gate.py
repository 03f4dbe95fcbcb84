"""The gate of the API, as pure ASGI: an id for each request, then who calls, then how often; only then is anything read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handrail.api.problems.answers import MAX_BODY, TOO_LARGE, problem, refusal
from handrail.api.problems.table import PLAIN
from handrail.api.services import ApiServices
from handrail.domain.access.principals import NotAuthenticated
from handrail.pages.guarded import REFUSED
from handrail.seeing.logs.about import about

GUARDED = ("/v1/", "/a2a")
LARGE_BODIES, LARGE = ("/codec/",), 8 * 1024 * 1024
"""Where the payloads of whole pages of a history come in."""
KEY_IN_URL = re.compile(rb"hr_[a-z]{2,12}_[a-z0-9]{12}_|hrc_[a-z0-9_-]{43}|[?&](?:access_token|api_key|token)=", re.IGNORECASE)
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
LONGEST_QUERY = 4_096
QUERY_TOO_LONG = f"The query is longer than {LONGEST_QUERY:,} bytes. Ask for less at once; a body takes more."
NO_BEARER = "No key came with the request. Send `Authorization: Bearer hr_…`; make one with `handrail keys create`."


class Gate:
    """Lets a request under /v1 and /a2a through once it is known whose it is; `state.principal` says so to what follows."""

    def __init__(self, app: ASGIApp, services: Callable[[], ApiServices], rooms: Collection[str] = ()) -> None:
        """Take what is behind the gate; `rooms` are the paths of pages, which say themselves what is refused there."""
        self.app = app
        self._services = services
        self._rooms = tuple(f"{one}/" for one in rooms)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        with about(request=request_id):
            return await self._let_in(scope, headers, {"x-request-id": request_id}, receive, send)

    async def _let_in(self, scope: Scope, headers: Headers, extra: dict[str, str], receive: Receive, send: Send) -> None:
        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(extra)
            await send(message)

        if KEY_IN_URL.search(scope["path"].encode() + b"?" + unquote_to_bytes(scope["query_string"])):
            words = "A key does not belong into an address: addresses are logged. Send it as a header, and revoke this one."
            return await self._refused(scope, 400, words, receive, with_fields)
        if scope["path"].startswith(GUARDED):
            if len(scope["query_string"]) > LONGEST_QUERY:
                return await self._refused(scope, 400, QUERY_TOO_LONG, receive, with_fields)
            try:
                await self._admit(scope, headers, extra)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody comes in
                return await refusal(scope, error)(scope, receive, with_fields)
        most = LARGE if scope["path"].startswith(LARGE_BODIES) else MAX_BODY
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > most:
            return await self._refused(scope, 413, TOO_LARGE, receive, with_fields)
        return await self.app(scope, bounded(receive, most), with_fields)

    async def _refused(self, scope: Scope, status: int, words: str, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(self._rooms):
            scope["state"][REFUSED] = HTTPException(status)
            await self.app(scope, receive, send)
        else:
            await problem(scope, PLAIN[status], words)(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers, extra: dict[str, str]) -> None:
        services = self._services()
        word, _, token = headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not token.strip():
            raise NotAuthenticated(NO_BEARER)
        principal = await services.authenticate(token.strip())
        scope["state"]["principal"] = principal
        extra.update(await services.limits.count(services.limits.of(principal), principal.limited))


def bounded(receive: Receive, most: int) -> Receive:
    """Return the channel as it is, until a body of unannounced length has grown too large."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, TOO_LARGE)
        return message

    return counted
