"""Temporal, as the settings say where it is and how it is reached."""

from __future__ import annotations

from functools import cache
from typing import Any

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig

from handrail.settings import Settings
from handrail.temporal.connect import connect


async def connected(settings: Settings, **options: Any) -> Client:
    """Return a client; `options` are further ones of `connect`. Raises: Unreachable."""
    return await connect(
        settings.temporal_address,
        settings.temporal_namespace,
        tls=settings.temporal_tls,
        server_ca=settings.temporal_tls_server_ca,
        client_cert=settings.temporal_tls_client_cert,
        client_key=settings.temporal_tls_client_key,
        api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
        **options,
    )


@cache
def silent() -> Runtime:
    """Return the runtime for what prints: by default the SDK's core writes its log to standard out, among the answers."""
    return Runtime(telemetry=TelemetryConfig(logging=None))
