"""A connection to Temporal from plain values: embedded, self-hosted or Temporal Cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from handrail.domain.errors import HandrailError, InvalidInput
from handrail.loopback import is_loopback

if TYPE_CHECKING:
    # Whoever only has to know `Unreachable` does not wait for the client to be loaded.
    from temporalio.client import Client, Interceptor
    from temporalio.converter import DataConverter
    from temporalio.runtime import Runtime
    from temporalio.service import GrpcCompression, ServiceClient, TLSConfig

    from handrail.temporal.codec import SealingCodec

Connection = TypeVar("Connection")
CONNECT_SECONDS = 10.0
REMEDY = "Start the stack with `handrail up`, or set HANDRAIL_TEMPORAL_ADDRESS."


class Unreachable(HandrailError):
    """A server, or the worker behind it, does not answer."""


def tls_config(server_ca: Path | None, client_cert: Path | None, client_key: Path | None) -> TLSConfig:
    """The certificates as Temporal wants them.

    Raises:
        InvalidInput: a file cannot be read, or only one of certificate and key is given.
    """
    from temporalio.service import TLSConfig

    if (client_cert is None) != (client_key is None):
        raise InvalidInput("temporal_tls_client_cert and temporal_tls_client_key: one is missing. Give both, or none.")
    return TLSConfig(
        server_root_ca_cert=_content("temporal_tls_server_ca", server_ca),
        client_cert=_content("temporal_tls_client_cert", client_cert),
        client_private_key=_content("temporal_tls_client_key", client_key),
    )


def _content(field: str, path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{field}: {path} cannot be read ({error.strerror}). Name a PEM file.") from error


async def connect(
    address: str,
    namespace: str = "default",
    *,
    tls: bool = False,
    server_ca: Path | None = None,
    client_cert: Path | None = None,
    client_key: Path | None = None,
    api_key: str | None = None,
    identity: str | None = None,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
    codec: SealingCodec | None = None,
) -> Client:
    """A client of the Temporal server at `address` (`host:port`): certificates or a key switch TLS on, `codec` encryption.

    Raises:
        Unreachable: nothing answers there, or what answers is no Temporal server.
        InvalidInput: the address or a certificate cannot be used.
    """
    from temporalio.client import Client

    connecting = Client.connect(
        address,
        namespace=namespace,
        api_key=api_key,
        tls=_secured(api_key, server_ca, client_cert, client_key, always=tls),
        identity=identity,
        runtime=runtime,
        interceptors=interceptors,
        data_converter=converter_of(codec),
        grpc_compression=_compression(address),
    )
    return await _reached(address, connecting)


async def connect_bare(
    address: str,
    *,
    tls: bool = False,
    server_ca: Path | None = None,
    client_cert: Path | None = None,
    client_key: Path | None = None,
    api_key: str | None = None,
    runtime: Runtime | None = None,
) -> ServiceClient:
    """The connection without a client over it, which takes half as long to load. Raises: see `connect`."""
    from temporalio.service import ConnectConfig, ServiceClient

    config = ConnectConfig(
        address,
        api_key=api_key,
        tls=_secured(api_key, server_ca, client_cert, client_key, always=tls),
        runtime=runtime,
        grpc_compression=_compression(address),
    )
    return await _reached(address, ServiceClient.connect(config))


def _secured(
    api_key: str | None, server_ca: Path | None, client_cert: Path | None, client_key: Path | None, *, always: bool
) -> TLSConfig | bool:
    if always or any(one is not None for one in (api_key, server_ca, client_cert, client_key)):
        return tls_config(server_ca, client_cert, client_key)
    return False


async def _reached(address: str, connecting: Awaitable[Connection]) -> Connection:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await connecting
    except ValueError as error:
        raise InvalidInput(f"temporal_address: {address!r} is no address ({error}). Use host:port.") from error
    except (RuntimeError, TimeoutError) as error:
        raise Unreachable(f"No Temporal server answers at {address}. {REMEDY}") from error


def converter_of(codec: SealingCodec | None) -> DataConverter:
    """Return what turns values into payloads and back, behind the codec if there is one."""
    from handrail.temporal.converter import with_codec

    return with_codec(codec, encrypts=codec is not None and codec.encrypts)


def _compression(address: str) -> GrpcCompression:
    from temporalio.service import GrpcCompression

    return GrpcCompression.NONE if on_this_machine(address) else GrpcCompression.GZIP


def on_this_machine(address: str) -> bool:
    """Tell whether the server answers on the loopback, where compressing costs more than sending."""
    return is_loopback(address.rpartition(":")[0].strip("[]"))
