"""The SDK's runtime of a process that serves: where its core logs, and where its figures and ours can be collected."""

from __future__ import annotations

from temporalio.runtime import LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig

from handrail.domain.errors import InvalidInput

BUCKETS = {
    "handrail_turn_seconds": (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0),
    "handrail_model_seconds": (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0),
    "handrail_http_seconds": (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
}
"""Upper ends in seconds of what is counted by how long it took."""


def runtime(logging: LoggingConfig | None = None, address: str | None = None, variable: str = "") -> Runtime:
    """Return a runtime; with an address its metrics are served at `http://ADDRESS/metrics`.

    The SDK's own exporter serves both the core's figures and those made with the runtime's meter, so no second server runs.

    Raises:
        InvalidInput: the address, which is the value of the `variable`, is none, or taken.
    """
    if address is None:
        return Runtime(telemetry=TelemetryConfig(logging=logging))
    exporter = PrometheusConfig(
        bind_address=address, counters_total_suffix=True, durations_as_seconds=True, histogram_bucket_overrides=BUCKETS
    )
    try:
        return Runtime(telemetry=TelemetryConfig(logging=logging, metrics=exporter, attach_service_name=False))
    except (RuntimeError, ValueError) as error:
        words = f"nothing can be served at {address[:60]}. It is taken, or no address of this machine"
        raise InvalidInput(f"{variable}: {words}; each process needs one of its own: name a free port.") from error
