"""An HTTP client for MCP that reads no more than it should: the library takes an answer of any size into memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2

from handrail.outside.answers import AnswerTooLarge

MOST_BYTES = 2_000_000
CONNECT_SECONDS = 3.0


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for piece in self._inner:
            taken += len(piece)
            if taken > MOST_BYTES:
                raise AnswerTooLarge
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedTransport(httpx2.AsyncBaseTransport):
    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - an async transport has no other
        response.stream = _BoundedStream(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def bounded_client(headers: Mapping[str, str]) -> httpx2.AsyncClient:
    """Make a client that follows no redirect, uses no proxy of the environment and stops an answer beyond 2 MB.

    It asks for answers as they are: a compressed one would be counted before it is unpacked.
    """
    given = {"Accept-Encoding": "identity", **headers}
    timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(transport=_BoundedTransport(), headers=given, timeout=timeout, trust_env=False)
