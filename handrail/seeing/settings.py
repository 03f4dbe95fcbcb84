"""Settings of what is seen of a process: its log, its figures, its traces."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from handrail.environment import EnvironmentSettings

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[0-9.]+):(?P<port>[0-9]{1,5})")
HIGHEST_PORT = 65_535


class LogFormat(StrEnum):
    """The form of log lines: `auto` is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class SeeingSettings(EnvironmentSettings):
    """The settings of log, figures and traces; with the prefix `HANDRAIL_`, one by the name that OpenTelemetry gave it."""

    log_level: str = "INFO"
    log_format: LogFormat = Field(default=LogFormat.AUTO, description="auto, json or text; auto is text on a terminal alone")

    metrics_address: str | None = Field(
        default=None,
        description="where a worker serves its figures, Temporal's and the outcomes to Prometheus, 127.0.0.1:9464 for example"
        "; of several in one stack each further one ten ports above",
    )
    api_metrics_address: str | None = Field(default=None, description="where the HTTP API serves its figures, likewise")
    mail_metrics_address: str | None = Field(default=None, description="where mail serves its figures, likewise")

    traces_endpoint: str | None = Field(
        default=None, description="where spans are sent over OTLP/HTTP, http://127.0.0.1:4318 for example; nowhere by default"
    )
    otlp_endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")

    @field_validator("metrics_address", "api_metrics_address", "mail_metrics_address", "traces_endpoint", "otlp_endpoint")
    @classmethod
    def _some(cls, value: str | None) -> str | None:
        return value.strip() or None if value is not None else None

    @field_validator("metrics_address", "api_metrics_address", "mail_metrics_address")
    @classmethod
    def _served(cls, value: str | None) -> str | None:
        found = _ADDRESS.fullmatch(value) if value else None
        if value and not (found and 0 < int(found["port"]) <= HIGHEST_PORT):
            raise ValueError("is no address to serve at. Write for example 127.0.0.1:9464")
        return value

    @field_validator("traces_endpoint", "otlp_endpoint")
    @classmethod
    def _collector(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("is no address of a collector. Write for example http://127.0.0.1:4318")
        return value

    @property
    def traces_to(self) -> str | None:
        """The collector to which spans are sent; None where nobody takes any."""
        return self.traces_endpoint or self.otlp_endpoint
