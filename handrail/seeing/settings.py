"""Settings of what is seen of a process: its log, its figures, its traces."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from handrail.environment import EnvironmentSettings


class LogFormat(StrEnum):
    """The form of log lines: `auto` is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class SeeingSettings(EnvironmentSettings):
    """The settings of the log; with the prefix `HANDRAIL_`."""

    log_level: str = "INFO"
    log_format: LogFormat = Field(default=LogFormat.AUTO, description="auto, json or text; auto is text on a terminal alone")
