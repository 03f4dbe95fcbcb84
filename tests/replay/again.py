"""Replays every history in a folder; the last line that it prints has the failures as JSON, file to words.

Histories are named `<branch>.<run>.json`. Replay runs no activity, so no adapters are needed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from temporalio.client import WorkflowHistory
from temporalio.worker import Interceptor, WorkflowRunner

import workflows.steps.loop
from handrail.wiring.deploys.gate import replayed, workflow_id


async def replay(
    texts: dict[str, str], runner: WorkflowRunner | None = None, around: Sequence[Interceptor] = ()
) -> dict[str, str]:
    """What failed, name to words; in `runner`, or as the worker ships; with more interceptors `around` every step."""
    given = {name: WorkflowHistory.from_json(workflow_id(text), text) for name, text in texts.items()}
    return await replayed(given, runner, around=around)


def main() -> None:
    """Of the folder that is named on the command line; behind it, the events after which cases went on in a fresh run."""
    if len(sys.argv) > 2:
        workflows.steps.loop.EVENTS = int(sys.argv[2])
    given = {path.name: path.read_text() for path in sorted(Path(sys.argv[1]).glob("*.json"))}
    sys.stdout.write("\n" + json.dumps(asyncio.run(replay(given))))
    gone(0)


def gone(code: int) -> NoReturn:
    """End the process at once: an interpreter that is torn down trips over the threads of the SDK."""
    sys.stdout.flush()
    os._exit(code)
