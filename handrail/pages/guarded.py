"""Headers that tell browsers what a page may do, on every answer of a room: nothing inline, nothing of other hosts."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def guards(frame_ancestors: str = "'none'", *, frames: str = "'none'") -> dict[str, str]:
    """Return the headers; `frame_ancestors` are the pages that may show ours in a frame, `frames` what ours may show."""
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src {frames}; "
        f"form-action 'self'; frame-ancestors {frame_ancestors}; base-uri 'none'"
    )
    return {"content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}


class Guarded:
    """Pure ASGI: sets the headers, and has no page kept anywhere unless it says so itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers)
