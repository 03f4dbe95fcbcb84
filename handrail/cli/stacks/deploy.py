"""The embedded stack's own deployment: its workers' build is made current once it passed the replay gate."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from handrail.background import build_file
from handrail.embedded.process import StackFailed
from handrail.embedded.stack import Embedded
from handrail.embedded.worker import Worker
from handrail.settings import Settings

ACTOR = "handrail up"
WAIT = 60
LOOK_SECONDS = 0.02


async def deployed(embedded: Embedded, settings: Settings, *, unfit: bool = False) -> str:
    """Make current the build that the workers say they are, empty for none with a version. Says what was done.

    Raises:
        StackFailed: histories do not replay in this build.
    """
    from handrail.temporal.connect import connect
    from handrail.temporal.deployments import Deployment

    client = await connect(embedded.temporal.address, identity=ACTOR)
    deployment = Deployment(client, settings.deployment, settings.task_queue, settings.deployment_versions)
    build, (current, ramping) = await asyncio.gather(built(embedded.workers), deployment.routes())
    if build == current and not ramping:
        return f"{build or 'without versions'}, as it was"
    await promoted(build, embedded.environment(), unfit=unfit)
    return f"{build or 'without versions'} works on the cases"


async def built(workers: Sequence[Worker]) -> str:
    """Wait until every worker has said which build it is, and return that of the one that was started last."""
    files = [build_file(worker.ready_file) for worker in workers]
    while not all(file.exists() for file in files):  # noqa: ASYNC110 - other processes say when, and the supervisor if not
        await asyncio.sleep(LOOK_SECONDS)
    return max(files, key=_written).read_text().strip()


async def promoted(build: str, environment: Mapping[str, str], *, unfit: bool) -> None:
    """Promote the build out of a process of its own: histories replay in the code as it is on disk, as the workers run it.

    Raises:
        StackFailed: it was refused; in its words.
    """
    which = ("--build", build) if build else ("--unversioned",)
    options = ("--by", ACTOR, "--note", "the stack was started", "--wait", str(WAIT), *(("--accept-unfit",) if unfit else ()))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handrail.cli.main", "deploys", "promote", *which, *options, "--json"),
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode:
        raise StackFailed(f"deploy: {refusal(said) or errors.decode(errors='replace').strip()[-500:]}")


def refusal(said: bytes) -> str:
    """Return the words of the document in which a command refuses; none where it is another one."""
    try:
        return str(json.loads(said)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns
