"""Temporal, as the settings say where it is and how it is reached."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from temporalio.runtime import Runtime, TelemetryConfig

from handrail.background import Say, supervised
from handrail.background import silent as silently
from handrail.settings import Settings
from handrail.temporal.connect import connect, connect_bare
from handrail.wiring.sealing import codec_of

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.service import ServiceClient


async def connected(settings: Settings, **options: Any) -> Client:
    """Return a client; `options` are further ones of `connect`.

    Where master keys are named it encrypts and decrypts; end that with `handrail.wiring.sealing.forget_keys`.

    Raises:
        Unreachable.
        InvalidInput: a setting cannot be used.
    """
    return await connect(
        settings.temporal_address, settings.temporal_namespace, **_reach(settings), **{"codec": codec_of(settings), **options}
    )


async def connected_late(settings: Settings, **options: Any) -> Client:
    """Return a client as `connected` does, and also while the server is away; `connecting` then goes on to connect it.

    Raises:
        InvalidInput: a setting cannot be used.
    """
    from handrail.temporal.late import connect_late  # for processes that serve

    further = {"codec": codec_of(settings), **options}
    return await connect_late(settings.temporal_address, settings.temporal_namespace, **_reach(settings), **further)


def connecting(client: Client, say: Say = silently) -> AbstractAsyncContextManager[None]:
    """Connect the client for the block, where the server was away; `say` takes why there is no connection yet."""
    from handrail.temporal.late import WORK, late_of

    late = late_of(client)
    return supervised(WORK, lambda: late.forever(say), say=say) if late and not late.reached else nullcontext()


async def connected_bare(settings: Settings) -> ServiceClient:
    """Return a connection without a client, and so without encryption, for a command that asks one thing.

    Raises:
        Unreachable.
        InvalidInput: a setting cannot be used.
    """
    return await connect_bare(settings.temporal_address, **_reach(settings), runtime=silent())


def _reach(settings: Settings) -> dict[str, Any]:
    return {
        "tls": settings.temporal_tls,
        "server_ca": settings.temporal_tls_server_ca,
        "client_cert": settings.temporal_tls_client_cert,
        "client_key": settings.temporal_tls_client_key,
        "api_key": settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
    }


def runtime_of(address: str | None = None, variable: str = "") -> Runtime:
    """Return the runtime of a process that serves: its core's log stands in ours; its figures at the address, if there is one.

    Raises:
        InvalidInput: the address, which is the value of the `variable`, is none, or taken.
    """
    from handrail.temporal.runtime import runtime  # what serves needs both, and no command that asks and ends
    from handrail.wiring.logs import core_logging

    return runtime(core_logging(), address, variable)


@cache
def silent() -> Runtime:
    """Return the runtime for what prints: by default the SDK's core writes its log to standard out, among the answers."""
    return Runtime(telemetry=TelemetryConfig(logging=None))
