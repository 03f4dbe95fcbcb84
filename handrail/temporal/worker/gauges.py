"""Outcomes as gauges, exported where Temporal's own metrics of the worker are: one Prometheus address for both."""

from __future__ import annotations

import math
import re

from temporalio.common import MetricGaugeFloat
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from handrail.domain.errors import InvalidInput
from handrail.domain.outcomes import IndicatorResult

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]{1,5}")
FIGURES = {
    "value": "figure of the newest seven days that are old enough; NaN where too few cases say anything",
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "n": "cases, or decisions, that it counts",
    "immature": "cases of these days that count for nothing yet",
}


def exporting(address: str) -> Runtime:
    """Return a runtime whose metrics are served at `http://ADDRESS/metrics`.

    Raises:
        InvalidInput: the address is none, or taken.
    """
    if not _ADDRESS.fullmatch(address):
        raise InvalidInput(f"HANDRAIL_METRICS_ADDRESS: {address[:60]!r} is no address. Write for example 127.0.0.1:9464.")
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=address)))
    except (RuntimeError, ValueError) as error:
        raise InvalidInput(f"HANDRAIL_METRICS_ADDRESS: nothing can be served at {address}. Name a free port.") from error


class OutcomeGauges:
    """Gauges `handrail_outcome_value`, `_low`, `_high`, `_n` and `_immature`, with the indicator as their label."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime  # it serves for as long as somebody holds it
        meter = runtime.metric_meter
        self._gauges: dict[str, MetricGaugeFloat] = {
            name: meter.create_gauge_float(f"handrail_outcome_{name}", words) for name, words in FIGURES.items()
        }

    def show(self, result: IndicatorResult) -> None:
        """Set the gauges of one indicator; a figure that is not there is NaN, so that no old one stays."""
        for name, gauge in self._gauges.items():
            figure = getattr(result, name)
            gauge.set(math.nan if figure is None else float(figure), {"indicator": result.indicator})
