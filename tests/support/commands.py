"""The command line, run against the servers of a test."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from typing import Any

from tests.support.house import House


async def command(home: House, *arguments: str | bytes) -> tuple[int, dict[str, Any]]:
    """`handrail … --json`: its exit code and its document."""
    environment = {
        **os.environ,
        "HANDRAIL_TEMPORAL_ADDRESS": home.temporal.service_client.config.target_host,
        "HANDRAIL_DATABASE_URL": home.settings.database_url.get_secret_value(),
        "HANDRAIL_TASK_QUEUE": home.settings.task_queue,
        "PYTHONUTF8": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handrail.cli.main", *arguments, "--json", env=environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out or b"{}") or {"error": err.decode()}
