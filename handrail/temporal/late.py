"""A connection to Temporal that may come late: its process begins without the server, and connects by itself."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio.client import Client, Interceptor
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

from handrail.background import Say, silent
from handrail.temporal.connect import Unreachable, connect_bare, converter_of

if TYPE_CHECKING:
    from temporalio.runtime import Runtime

    from handrail.temporal.codec import SealingCodec

WORK = "the connection to Temporal"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Between two tries; it doubles."""
_log = logging.getLogger(__name__)


class LateServiceClient(ServiceClient):
    """A service client that has no connection at first; until it has one, each call ends as with a server that is away."""

    def __init__(self, config: ConnectConfig, connect: Callable[[], Awaitable[ServiceClient]]) -> None:
        """Take what the connection is to be like, and what makes it."""
        super().__init__(config)
        self._connect = connect
        self._made: ServiceClient | None = None

    @property
    def reached(self) -> bool:
        """Return whether there is a connection."""
        return self._made is not None

    async def reach(self) -> None:
        """Connect now. Raises: see `handrail.temporal.connect.connect`."""
        self._made = await self._connect()

    async def forever(self, say: Say = silent) -> None:
        """Connect as soon as the server is there, and wait from then on; `say` takes why there is no connection yet."""
        pause = FIRST_PAUSE
        while not self.reached:
            try:
                await self.reach()
            except Unreachable as error:
                say(str(error))
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads processes, no secret
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                _log.warning("Temporal answers at %s; this process is connected now", self.config.target_host)
        say(None)
        await asyncio.Event().wait()

    @property
    def worker_service_client(self) -> Any:
        """Return what a worker polls by. Raises: RPCError: there is no connection."""
        return self._there().worker_service_client

    def update_rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Send other metadata. Raises: RPCError: there is no connection."""
        self._there().update_rpc_metadata(metadata)

    def update_api_key(self, api_key: str | None) -> None:
        """Send another key. Raises: RPCError: there is no connection."""
        self._there().update_api_key(api_key)

    async def _rpc_call(
        self,
        rpc: str,
        req: Any,
        resp_type: Any,
        *,
        service: str,
        retry: bool,
        metadata: Mapping[str, str | bytes],
        timeout: timedelta | None,
    ) -> Any:
        options: dict[str, Any] = {"service": service, "retry": retry, "metadata": metadata, "timeout": timeout}
        return await self._there()._rpc_call(rpc, req, resp_type, **options)

    def _there(self) -> ServiceClient:
        if self._made is None:
            words = f"no Temporal server has answered at {self.config.target_host} since this process began"
            raise RPCError(words, RPCStatusCode.UNAVAILABLE, b"")
        return self._made


async def connect_late(
    address: str,
    namespace: str = "default",
    *,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
    codec: SealingCodec | None = None,
    **reach: Any,
) -> Client:
    """Return a client whether or not the server answers; where it does not, have `late_of` go on until it does.

    `reach` is how the server is reached, as `connect_bare` takes it.

    Raises:
        InvalidInput: the address or a certificate cannot be used.
    """
    config = ConnectConfig(address, runtime=runtime)
    service = LateServiceClient(config, lambda: connect_bare(address, runtime=runtime, **reach))
    try:
        await service.reach()
    except Unreachable as error:
        _log.warning("%s This process begins without it, and connects as soon as it answers.", error)
    return Client(service, namespace=namespace, data_converter=converter_of(codec), interceptors=interceptors)


def reached(client: Client) -> bool:
    """Return whether the client has a connection."""
    late = late_of(client)
    return late is None or late.reached


def late_of(client: Client) -> LateServiceClient | None:
    """Return the client's connection if it may come late, None where there was one from the first."""
    service = client.service_client
    return service if isinstance(service, LateServiceClient) else None
