"""The stack deploys the build that its workers say they are, while they still load."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from handrail.background import build_file
from handrail.cli.stacks import deploy
from handrail.cli.stacks.deploy import built, refusal
from handrail.embedded.process import StackFailed
from handrail.embedded.stack import Embedded, StackPlan
from handrail.embedded.worker import EarlyWorker
from handrail.wiring.cases.serving import tell_build


def worker(folder: Path, name: str) -> EarlyWorker:
    made = EarlyWorker(folder, lambda: {}, name)
    made.prepare()
    return made


async def test_the_build_of_the_worker_that_was_started_last_counts_once_all_have_spoken(tmp_path: Path) -> None:
    first, second = worker(tmp_path, "worker"), worker(tmp_path, "worker-2")
    asked = asyncio.create_task(built([first, second]))
    tell_build(second.ready_file, None)
    _, waiting = await asyncio.wait({asked}, timeout=0.1)
    assert waiting, "one has not spoken"
    build_file(first.ready_file).write_text("b2")
    os.utime(build_file(second.ready_file), (1, 1))
    assert await asked == "b2"
    os.utime(build_file(first.ready_file), (0, 0))
    assert await built([first, second]) == "", "a worker without a version says so"
    second.prepare()
    assert not build_file(second.ready_file).exists(), "its next start may be another build"


def test_steps_do_not_wait_for_workers_to_be_loaded(tmp_path: Path) -> None:
    from handrail.business import load_business
    from handrail.cli.stacks.first import FirstStart
    from handrail.settings import Settings

    embedded = Embedded(StackPlan(tmp_path, 19_000))
    steps = {
        one.name: one.needs for one in FirstStart(embedded, load_business("handrail.shop"), Settings(), samples=True).steps()
    }
    assert steps["deploy"] == ("temporal", "migrations")
    assert steps["samples"] == ("deploy",)


async def test_a_refusal_comes_in_its_own_words(tmp_path: Path) -> None:
    assert refusal(b'{"error": {"type": "DeployRefused", "message": "promote: no"}}') == "promote: no"
    assert refusal(b"Traceback") == ""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
    nowhere = {**clean, "HANDRAIL_TEMPORAL_ADDRESS": "127.0.0.1:9", "HANDRAIL_DATA_DIR": str(tmp_path)}
    with pytest.raises(StackFailed, match=r"deploy: No Temporal server answers at 127.0.0.1:9"):
        await deploy.promoted("b1", nowhere, unfit=False)
