"""The guard of a room of pages: headers, patience, HEAD, and a page for whatever goes wrong; no browser is left with less."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handrail.background import abandon

PATIENCE_SECONDS = 8.0
"""A page that takes longer is none; a form waits on, as long as the record answers."""
RETRY_SECONDS = 5
RECORD = "record"
"""Under this name the house says that its record is away."""
REFUSED = "refused"
"""Under this name the state of a request holds why the gate refuses it: on a page the page says so."""
Trouble = Callable[[Request, Exception], Awaitable[Response]]
Away = Callable[[], Awaitable[Mapping[str, str]]]


def guards(frame_ancestors: str = "'none'", *, frames: str = "'none'") -> dict[str, str]:
    """Return the headers; `frame_ancestors` are the pages that may show ours in a frame, `frames` what ours may show."""
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src {frames}; "
        f"form-action 'self'; frame-ancestors {frame_ancestors}; base-uri 'none'"
    )
    return {"content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}


class RoomAnswer:
    """An answer on its way to the browser: with the room's headers, and kept nowhere unless it says so itself."""

    def __init__(self, send: Send, headers: Mapping[str, str], *, bodiless: bool) -> None:
        self._send, self._headers, self._bodiless = send, headers, bodiless
        self.begun = False

    async def send(self, message: Message) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        elif self._bodiless and message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {**message, "body": b""}
        await self._send(message)


class Guarded:
    """Pure ASGI around a room. `trouble` makes its page of an error, `away` says what does not answer now, by its name."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], trouble: Trouble, away: Away) -> None:
        self.app, self._headers, self._trouble, self._away = app, headers, trouble, away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        bodiless = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if bodiless else scope
        answer = RoomAnswer(send, self._headers, bodiless=bodiless)
        try:
            if refused := scope.get("state", {}).get(REFUSED):
                raise refused
            await self._answered(inner, receive, answer)
        except Exception as error:
            if answer.begun:
                raise
            response = await self._trouble(Request(inner, receive), error)
            await response(inner, receive, answer.send)

    async def _answered(self, scope: Scope, receive: Receive, answer: RoomAnswer) -> None:
        """Raises: HTTPException: nothing came of it in time."""
        waits = True

        async def send(message: Message) -> None:
            if waits:
                await answer.send(message)

        async def work() -> None:
            await self.app(scope, receive, send)

        task = asyncio.create_task(work())
        try:
            while not (await asyncio.wait({task}, timeout=PATIENCE_SECONDS))[0]:
                if answer.begun or (scope["method"] != "GET" and RECORD not in await self._away()):
                    continue
                raise HTTPException(503, headers={"retry-after": str(RETRY_SECONDS)})
        except BaseException:
            waits = False
            abandon(task)
            raise
        task.result()
