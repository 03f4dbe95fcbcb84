"""A worker's start beside that of its servers: what needs none of them is loaded while they start."""

from __future__ import annotations

import json
import os
import time
from importlib import import_module
from pathlib import Path

WORD = "HANDRAIL_SERVERS_FILE"
"""The variable that names the file; whoever starts a worker so writes the servers' addresses into it when they stand."""
LATE = ("graphs.engine.machine", "handrail.llm.chat", "handrail.routing.model.trained", "py3langid.langid")
"""Modules that a worker loads behind its first poll, where nothing waits for servers."""
LOOK_SECONDS = 0.02


def await_servers(file: Path) -> None:
    """Load modules and tables, then wait for the file and take over the variables in it.

    Whoever starts a worker so ends it where the servers do not come.
    """
    from handrail.domain.text.figures.mentions import warm

    for name in LATE:
        import_module(name)
    warm()
    while not file.exists():
        time.sleep(LOOK_SECONDS)
    os.environ.update(json.loads(file.read_text()))
