"""Logs of a process that serves: on its standard error, at the level that settings say."""

from __future__ import annotations

import logging

from handrail.settings import Settings


def begin_logs(settings: Settings, *noisy: str) -> None:
    """Begin to log; of the `noisy` libraries nothing below a warning."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in noisy:
        logging.getLogger(name).setLevel(logging.WARNING)
