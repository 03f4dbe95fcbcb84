"""A worker that starts before its servers: it loads meanwhile, and learns their addresses when they stand."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from handrail.embedded.process import StackFailed
from handrail.embedded.supervisor import StartupStep, Supervisor
from handrail.embedded.worker import WORD, EarlyWorker
from handrail.wiring.cases import ahead

PROGRAM = """
import os, time
from pathlib import Path
from handrail.wiring.cases.ahead import WORD, await_servers
Path("began").touch()
await_servers(Path(os.environ[WORD]))
Path(os.environ["HANDRAIL_READY_FILE"]).write_text(str(os.getpid()))
Path("told.new").write_text(os.environ["HANDRAIL_DATABASE_URL"])
Path("told.new").rename("told")
time.sleep(600)
"""
SECONDS = 60.0


def early(folder: Path, environment: Mapping[str, str], code: str = PROGRAM) -> EarlyWorker:
    return EarlyWorker(
        folder / "run",
        lambda: {**os.environ, **environment},
        needs=("servers",),
        program=(sys.executable, "-c", f"import os; os.chdir({str(folder)!r})\n{code}"),
    )


def test_both_sides_name_one_variable() -> None:
    assert WORD == ahead.WORD


async def test_it_begins_before_its_servers_and_is_ready_after_them(tmp_path: Path) -> None:
    environment: dict[str, str] = {}

    async def servers() -> str:
        async with asyncio.timeout(SECONDS):
            while not (tmp_path / "began").exists():  # noqa: ASYNC110 - another process says when
                await asyncio.sleep(0.02)
        assert not (tmp_path / "told").exists()
        environment["HANDRAIL_DATABASE_URL"] = "postgresql://known-only-now"
        return ""

    worker = early(tmp_path, environment)
    supervisor = Supervisor([worker, StartupStep("servers", (), servers)], tmp_path / "logs", lambda _: None)
    try:
        async with asyncio.timeout(SECONDS):
            await supervisor.start()
            while not (tmp_path / "told").exists():  # noqa: ASYNC110 - another process says when
                await asyncio.sleep(0.02)
        assert (tmp_path / "told").read_text() == "postgresql://known-only-now"
        assert worker.word.stat().st_mode & 0o077 == 0, "a password is in it"
        assert "PATH" not in worker.word.read_text(), "only what the worker's own environment lacks"
    finally:
        await supervisor.stop()


async def test_one_that_comes_back_is_told_at_once(tmp_path: Path) -> None:
    async def servers() -> str:
        return ""

    worker = early(tmp_path, {"HANDRAIL_DATABASE_URL": "postgresql://here"})
    supervisor = Supervisor([worker, StartupStep("servers", (), servers)], tmp_path / "logs", lambda _: None)
    watching = None
    try:
        async with asyncio.timeout(SECONDS):
            await supervisor.start()
            watching = asyncio.create_task(supervisor.watch())
            first = supervisor.children["worker"].pid
            psutil.Process(first).kill()
            while supervisor.children["worker"].pid == first or not worker.ready_file.exists():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    finally:
        if watching:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        await supervisor.stop()


async def test_one_whose_servers_do_not_come_is_stopped(tmp_path: Path) -> None:
    async def servers() -> str:
        raise StackFailed("postgres: the port is taken.")

    worker = early(tmp_path, {})
    supervisor = Supervisor([worker, StartupStep("servers", (), servers)], tmp_path / "logs", lambda _: None)
    with pytest.raises(StackFailed, match="port is taken"):
        await supervisor.start()
    pids = [child.pid for child in supervisor.children.values()]
    await supervisor.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_one_that_ends_while_its_servers_start_says_why(tmp_path: Path) -> None:
    async def servers() -> str:
        return ""

    worker = early(tmp_path, {}, "raise SystemExit('worker: HANDRAIL_ROUTER: no such folder')")
    supervisor = Supervisor([worker, StartupStep("servers", (), servers)], tmp_path / "logs", lambda _: None)
    with pytest.raises(StackFailed, match="no such folder"):
        await supervisor.start()
    await supervisor.stop()
