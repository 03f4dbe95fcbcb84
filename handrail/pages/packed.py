"""Compression of pages, for those who ask for them themselves.

How well words are packed tells what stands beside them. So nothing is packed where another site has a page of ours fetched, as
the browser says: nobody can try words out beside somebody else's secrets and look at the size.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

OWN = frozenset({"same-origin", "none"})
"""What a browser says where a page of ours, or the person, asks."""
LEAST_BYTES, LEVEL = 1_000, 5


class Packed:
    """Pure ASGI: packs what is sent to whoever takes it packed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self._packing = app, GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        own = scope["type"] == "http" and Headers(scope=scope).get("sec-fetch-site") in OWN
        await (self._packing if own else self.app)(scope, receive, send)
