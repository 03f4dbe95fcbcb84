"""The whole stack on its first and second start: worker, offline model, sample cases."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.background import build_file
from handrail.business import load_business
from handrail.domain.quality.days import STEPS
from handrail.embedded.ports import free_block
from handrail.embedded.state import Stack, StackState, running
from handrail.embedded.worker import RUN

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}


def handrail(*arguments: str | Path | int | date) -> Any:
    """What the command prints as JSON; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "handrail.cli.main", *map(str, arguments), "--json"],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def cases(folder: Path) -> dict[str, str]:
    """Every case's status."""
    return {case["case_id"]: case["status"] for case in handrail("--data-dir", folder, "case", "list", "--limit", 100)}


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.1)


def settled(folder: Path) -> bool:
    stand = cases(folder)
    return len(stand) >= 12 and "Working" not in stand.values()


def scheduled(folder: Path) -> bool:
    return str(handrail("--data-dir", folder, "quality", "status")["schedule"]).startswith("next at ")


def works(folder: Path, *names: str) -> bool:
    """The build that all these workers say they are is current."""
    builds = {build_file(folder / RUN / f"{name}.ready").read_text() for name in names}
    return builds == {handrail("--data-dir", folder, "deploys", "list")["standing"]["current"]}


def back(folder: Path, before: Stack, *names: str) -> bool:
    stack = running(folder)
    return bool(
        stack
        and stack.state is StackState.READY
        and all(name in stack.processes and stack.processes[name].pid != before.processes[name].pid for name in names)
    )


def test_first_start_lost_children_and_second_start(stack_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = tmp_path / "definitions"
    shutil.copytree(load_business("handrail.shop").folder, definitions)
    monkeypatch.setitem(ENVIRONMENT, "HANDRAIL_DEFINITIONS", str(definitions))
    handrail("up", "--detach", "--data-dir", stack_dir, "--port-base", free_block(), "--workers", 2)
    stack = running(stack_dir)
    assert stack
    assert set(stack.processes) == {"postgres", "temporal", "model", "api", "worker", "worker-2"}
    until(lambda: settled(stack_dir), "the samples settle")
    assert works(stack_dir, "worker", "worker-2")
    first = cases(stack_dir)
    assert {"Resolved", "AwaitingApproval", "WithHuman"} <= set(first.values())

    risks = definitions / "risk.yaml"
    risks.write_text(risks.read_text() + "# edited\n")
    build = build_file(stack_dir / RUN / "worker.ready").read_text()
    for name in ("worker", "worker-2", "model"):
        os.kill(stack.processes[name].pid, signal.SIGKILL)
    until(lambda: back(stack_dir, stack, "worker", "worker-2", "model"), "workers and model are back")
    assert build_file(stack_dir / RUN / "worker.ready").read_text() != build, "other files are another build"
    until(lambda: works(stack_dir, "worker", "worker-2"), "the edited build works on the cases")
    waiting = next(case_id for case_id, status in first.items() if status == "AwaitingApproval")
    handrail("--data-dir", stack_dir, "decide", waiting, "reject", "--reviewer", "a person")
    until(lambda: scheduled(stack_dir), "a worker makes the schedule of the quality loop")
    # Nothing ended yesterday, so every step is done, and finds nothing.
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    done = handrail("--data-dir", stack_dir, "quality", "run", "--day", yesterday)
    assert [step["step"] for step in done["done"]] == list(STEPS)

    assert handrail("down", "--data-dir", stack_dir)["state"] == "stopped"
    again = handrail("up", "--detach", "--data-dir", stack_dir)
    assert set(again["processes"]) == {"postgres", "temporal", "model", "api", "worker"}
    until(lambda: settled(stack_dir), "everything stands as it stood")
    second = cases(stack_dir)
    assert second.keys() == first.keys()
    assert second[waiting] != "AwaitingApproval"
    assert {name: status for name, status in second.items() if name != waiting} == {
        name: status for name, status in first.items() if name != waiting
    }
