"""Outcomes as gauges, exported where Temporal's own metrics of the worker are: one Prometheus address for both."""

from __future__ import annotations

import math

from temporalio.common import MetricGaugeFloat
from temporalio.runtime import Runtime

from handrail.domain.outcomes import IndicatorResult

FIGURES = {
    "value": "figure of the newest seven days that are old enough; NaN where too few cases say anything",
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "n": "cases, or decisions, that it counts",
    "immature": "cases of these days that count for nothing yet",
}


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
