"""`up`, `down` and `status` as people and scripts use them, on the real servers. No worker and no model: see the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from handrail.embedded.ports import free_block
from handrail.embedded.state import Stack, StackState, running
from handrail.temporal.connect import connect
from tests.conftest import stack_folder

ROOT = Path(__file__).parents[2]
SERVERS = ("up", "--workers", "0", "--no-samples")
PATIENCE = 90.0


def environment(**more: str) -> dict[str, str]:
    """Ours without settings, and with a key: then no offline model is started, and nobody here calls a model."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}
    return {**clean, "OPENAI_API_KEY": "unused", **more}


def handrail(*arguments: str | Path | int, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "handrail.cli.main", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )


def up(folder: Path, base: int | None = None) -> Stack:
    """A detached stack of servers, as `stack.json` tells it."""
    ports = ("--port-base", base) if base else ()
    done = handrail(*SERVERS, "--detach", "--data-dir", folder, *ports)
    assert done.returncode == 0, done.stderr + done.stdout
    return standing(folder)


def standing(folder: Path) -> Stack:
    """The stack that runs there."""
    stack = running(folder)
    assert stack is not None
    return stack


def status(folder: Path) -> dict[str, Any]:
    """What `status --json` says."""
    said: dict[str, Any] = json.loads(handrail("status", "--json", "--data-dir", folder).stdout)
    return said


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


def gone(stack: Stack) -> bool:
    return not any(process.find() for process in (stack.supervisor, *stack.processes.values()))


def restarted(folder: Path, name: str, before: int) -> bool:
    stack = running(folder)
    return bool(stack and stack.state is StackState.READY and name in stack.processes and stack.processes[name].pid != before)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The refusal: exactly one line on standard error."""
    assert done.returncode not in (0, None)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def remember(stack: Stack, word: str) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("create table if not exists remembered (word text)")
        connection.execute("insert into remembered values (%s)", [word])


def remembered(stack: Stack) -> list[str]:
    with psycopg.connect(stack.database_url) as connection:
        return [word for (word,) in connection.execute("select word from remembered order by word")]


async def open_workflow(stack: Stack, name: str) -> Client:
    client = await connect(stack.temporal_address)
    await client.start_workflow("nobody-runs-this", id=name, task_queue="nobody")
    return client


async def test_start_stop_and_go_on(stack_dir: Path) -> None:
    base = free_block()
    stack = up(stack_dir, base)
    said = status(stack_dir)
    assert said["temporal_address"] == f"127.0.0.1:{base}"
    assert said["temporal_ui"] == f"http://127.0.0.1:{base + 1}"
    assert said["api"] == f"http://127.0.0.1:{base + 6}"
    assert said["desk"] == f"http://127.0.0.1:{base + 6}/desk/"
    assert said["model"] == "https://api.openai.com/v1"
    assert (said["state"], said["data_dir"], set(said["processes"])) == (
        "ready",
        str(stack_dir),
        {"postgres", "temporal", "api"},
    )
    remember(stack, "kept")
    await open_workflow(stack, "kept")

    assert handrail("down", "--data-dir", stack_dir).returncode == 0
    assert gone(stack)
    stopped = handrail("status", "--json", "--data-dir", stack_dir)
    assert stopped.returncode == 6
    assert json.loads(stopped.stdout)["state"] == "stopped"
    assert handrail("down", "--data-dir", stack_dir).returncode == 0

    again = up(stack_dir)
    assert again.port_base == base, "the ports of the last time"
    assert remembered(again) == ["kept"]
    client = await connect(again.temporal_address)
    assert (await client.get_workflow_handle("kept").describe()).status is WorkflowExecutionStatus.RUNNING


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """The folder of a stack of servers that several tests use, whatever they kill of it."""
    with stack_folder() as folder:
        up(folder, free_block())
        yield folder


def test_one_stack_per_folder(shared: Path) -> None:
    stack = standing(shared)
    refusal = one_line(handrail(*SERVERS, "--detach", "--data-dir", shared, "--port-base", free_block()))
    assert f"pid {stack.supervisor.pid}" in refusal
    assert "handrail down" in refusal
    assert not gone(stack)


def test_two_side_by_side(shared: Path, stack_dir: Path) -> None:
    one, other = standing(shared), up(stack_dir, free_block())
    remember(one, "one")
    remember(other, "other")
    assert "one" in remembered(one)
    assert "other" not in remembered(one)
    assert remembered(other) == ["other"]
    assert handrail("down", "--data-dir", stack_dir).returncode == 0
    assert gone(other)
    assert "one" in remembered(one)


async def test_killed_servers_come_back_with_everything(shared: Path) -> None:
    stack, log = standing(shared), shared / "logs" / "stack.log"
    before = log.read_text().count("ended (SIGKILL")
    remember(stack, "before servers were killed")
    client = await open_workflow(stack, "before-servers-were-killed")
    for name in ("temporal", "postgres"):
        process = stack.processes[name]
        os.kill(process.pid, signal.SIGKILL)
        until(lambda name=name, pid=process.pid: restarted(shared, name, pid), f"{name} is back")  # type: ignore[misc]
    assert "before servers were killed" in remembered(stack)
    opened = await client.get_workflow_handle("before-servers-were-killed").describe()
    assert opened.status is WorkflowExecutionStatus.RUNNING
    assert log.read_text().count("ended (SIGKILL") == before + 2, log.read_text()


async def test_nothing_outlives_a_killed_supervisor_and_the_next_start_recovers(shared: Path) -> None:
    stack = standing(shared)
    remember(stack, "before all was killed")
    await open_workflow(stack, "before-all-was-killed")
    os.kill(stack.supervisor.pid, signal.SIGKILL)
    again = up(shared)
    assert gone(stack)
    assert "before all was killed" in remembered(again)
    opened = await (await connect(again.temporal_address)).get_workflow_handle("before-all-was-killed").describe()
    assert opened.status is WorkflowExecutionStatus.RUNNING


@pytest.mark.parametrize("offset", [0, 2])
def test_a_taken_port_is_named_with_its_holder_and_the_way_out(stack_dir: Path, offset: int) -> None:
    base = free_block()
    with socket.create_server(("127.0.0.1", base + offset)):
        refusal = one_line(handrail(*SERVERS, "--data-dir", stack_dir, "--port-base", base))
    assert f"port {base + offset} " in refusal
    assert f"pid {os.getpid()}" in refusal
    assert "--port-base" in refusal
    assert running(stack_dir) is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_stack_in_the_foreground(stack_dir: Path, how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "handrail.cli.main", *SERVERS, "--data-dir", stack_dir, "--port-base", str(free_block())],
        cwd=ROOT,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Stop:"):
                break
        stack = running(stack_dir)
        assert stack, lines
        assert psutil.Process(process.pid).is_running()
        process.send_signal(how)
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    assert gone(stack)
    assert "CaseStatus%3D%22AwaitingApproval%22" in "".join(lines)


def spoil_version(folder: Path) -> None:
    (folder / "postgres" / "PG_VERSION").write_text("17\n")


def spoil_password(folder: Path) -> None:
    (folder / "postgres.password").unlink()


def spoil_temporal(folder: Path) -> None:
    (folder / "temporal.db").write_bytes(b"no database at all")


def spoil_postgres(folder: Path) -> None:
    (folder / "postgres" / "PG_VERSION").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_version, "was written by PostgreSQL 17, this is 18"),
        (spoil_password, "postgres.password is missing"),
        (spoil_temporal, "temporal.db is not a SQLite file"),
        (spoil_postgres, "is not a PostgreSQL data folder"),
    ],
)
def test_a_broken_folder_gets_one_line_and_a_remedy(stopped_stack: Path, spoil: Callable[[Path], None], words: str) -> None:
    spoil(stopped_stack)
    refusal = one_line(handrail(*SERVERS, "--data-dir", stopped_stack))
    assert words in refusal
    assert "begin afresh" in refusal
    assert running(stopped_stack) is None


@pytest.fixture
def stopped_stack(stack_dir: Path) -> Path:
    """A folder as `up` and `down` leave it, as far as the checks look."""
    (stack_dir / "postgres").mkdir(parents=True)
    (stack_dir / "layout").write_text("1\n")
    (stack_dir / "postgres" / "PG_VERSION").write_text("18\n")
    (stack_dir / "postgres.password").write_text("secret\n")
    (stack_dir / "stack.json").write_text("{}")
    return stack_dir


def test_a_missing_binary_is_named(stack_dir: Path) -> None:
    refusal = one_line(handrail(*SERVERS, "--data-dir", stack_dir, HANDRAIL_TEMPORAL_BIN="/nowhere/temporal"))
    assert "HANDRAIL_TEMPORAL_BIN: /nowhere/temporal is not a program" in refusal
