"""A connection to Temporal from plain values: embedded, self-hosted or Temporal Cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.domain.errors import HandrailError, InvalidInput

if TYPE_CHECKING:
    # Whoever only has to know `Unreachable` does not wait for the client to be loaded.
    from temporalio.client import Client, Interceptor
    from temporalio.runtime import Runtime
    from temporalio.service import TLSConfig

    from handrail.temporal.codec import SealingCodec

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

    secured = tls or api_key is not None or server_ca is not None or client_cert is not None or client_key is not None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await Client.connect(
                address,
                namespace=namespace,
                api_key=api_key,
                tls=tls_config(server_ca, client_cert, client_key) if secured else False,
                identity=identity,
                runtime=runtime,
                interceptors=interceptors,
                **_on_the_wire(address, codec),
            )
    except ValueError as error:
        raise InvalidInput(f"temporal_address: {address!r} is no address ({error}). Use host:port.") from error
    except (RuntimeError, TimeoutError) as error:
        raise Unreachable(f"No Temporal server answers at {address}. {REMEDY}") from error


def _on_the_wire(address: str, codec: SealingCodec | None) -> dict[str, Any]:
    from temporalio.service import GrpcCompression

    from handrail.temporal.converter import with_codec

    compression = GrpcCompression.NONE if on_this_machine(address) else GrpcCompression.GZIP
    return {
        "data_converter": with_codec(codec, encrypts=codec is not None and codec.encrypts),
        "grpc_compression": compression,
    }


def on_this_machine(address: str) -> bool:
    """Tell whether the server answers on the loopback, where compressing costs more than sending."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
