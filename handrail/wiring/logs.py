"""Logs of a process that serves: on its standard error, at the level and in the form that settings say."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from pydantic import SecretStr

from handrail.seeing.logs.about import always
from handrail.seeing.logs.lines import JsonLines, PlainLines
from handrail.seeing.logs.scrubbing import Scrubber
from handrail.seeing.settings import LogFormat
from handrail.settings import Settings
from handrail.temporal.worker.build import own_build

if TYPE_CHECKING:
    from temporalio.runtime import LoggingConfig

BUILD = 12
"""Digits of the build id in a line; the worker's own has more."""
CORE = "temporal"
"""The logger of Temporal's core; what it says stands in the same stream."""


def begin_logs(settings: Settings, *noisy: str) -> None:
    """Begin to log; of the `noisy` libraries nothing below a warning."""
    people = settings.log_format is LogFormat.TEXT or (settings.log_format is LogFormat.AUTO and sys.stderr.isatty())
    scrubber = Scrubber(secrets(settings))
    handler = logging.StreamHandler()
    handler.setFormatter(PlainLines(scrubber) if people else JsonLines(scrubber))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    logging.captureWarnings(True)
    always(build=own_build()[:BUILD])
    for name in noisy:
        logging.getLogger(name).setLevel(logging.WARNING)


def secrets(settings: Settings) -> list[str]:
    """Return every secret that the settings hold, and the parts of those that have some."""
    found = [value.get_secret_value() for value in dict(settings).values() if isinstance(value, SecretStr)]
    return [*found, *settings.headers.values()]


def core_logging() -> LoggingConfig:
    """Return how Temporal's core logs: its warnings, handed to our loggers rather than written to standard out."""
    from temporalio.runtime import LogForwardingConfig, LoggingConfig, TelemetryFilter

    forwarding = LogForwardingConfig(logging.getLogger(CORE), append_target_to_name=False, prepend_target_on_message=False)
    return LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
