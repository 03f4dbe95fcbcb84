"""What `make check` says to workflow code that would not replay: each spelling, planted into a copy of a workflow module."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from handrail.settings import Settings
from handrail.wiring.cases.runners import workflow_runner
from tests.guard.determinism import faults
from tests.guard.planted import ALLOWED, ORDER, SEVEN, SHARED, SPELLINGS
from tests.guard.rules import FOLDERS

ROOT = Path(__file__).parents[2]
VICTIM = Path("workflows/steps/loop.py")
NEEDED = ("activities", "examples", "graphs", "handrail", "tests", "workflows", "pyproject.toml", "worker.py")
GUARDS = (f"{Path('.venv/bin/ruff')} check", f"{Path('.venv/bin/python')} -m tests.guard.determinism")


def commands() -> list[str]:
    """What `make check` runs to lint and to guard, word for word."""
    done = subprocess.run(["make", "--dry-run", "--no-print-directory", "check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [line for line in done.stdout.splitlines() if line.startswith(GUARDS)]
    assert len(found) == len(GUARDS), done.stdout
    return found


def run(command: str | Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it in a copy of the tree, with this environment's tools."""
    given = shlex.split(command) if isinstance(command, str) else list(command)
    tool = Path(sys.executable).parent / Path(given[0]).name
    environment = {**os.environ, "PYTHONPATH": str(folder), "RUFF_NO_CACHE": "true"}
    return subprocess.run([str(tool), *given[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def planted(text: str, imports: str, expression: str, *, inside: bool) -> str:
    """A module with the expression in a function, imported at the top or in the function."""
    first = "from temporalio import workflow\n"
    assert text.count(first) == 1
    top = "" if inside or not imports else f"{imports}\n"
    body = f"    {imports}\n" if inside and imports else ""
    return f"{text.replace(first, first + top)}\n\ndef planted() -> object:\n{body}    return {expression}\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree in a folder of its own."""
    folder = tmp_path_factory.mktemp("planted")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.json", "*.png"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_tree_as_it_is_passes(copy: Path) -> None:
    for command in commands():
        done = run(command, copy)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_make_check_fails_for_each_of_the_seven(copy: Path) -> None:
    """Each stands in a module of its own, and the guard names every module."""
    text = (ROOT / VICTIM).read_text()
    victims = [VICTIM.with_stem(f"planted_{number}") for number in range(len(SEVEN))]
    try:
        for victim, (imports, expression) in zip(victims, SEVEN.values(), strict=True):
            (copy / victim).write_text(planted(text, imports, expression, inside=False))
        guard = run(commands()[-1], copy)
    finally:
        for victim in victims:
            (copy / victim).unlink(missing_ok=True)
    assert guard.returncode == 1
    named = {line.partition(":")[0] for line in guard.stdout.splitlines()}
    assert {str(victim) for victim in victims} <= named, guard.stdout


@pytest.mark.parametrize("inside", [False, True], ids=["at the top", "in the function"])
def test_every_spelling_is_found(tmp_path: Path, inside: bool) -> None:
    text = "from temporalio import workflow\n"
    missed = []
    for imports, expression in SPELLINGS:
        if inside and imports.endswith("*"):
            continue
        (tmp_path / "planted.py").write_text(planted(text, imports, expression, inside=inside))
        if not faults(tmp_path / "planted.py", FOLDERS["workflows"]):
            missed.append((imports, expression))
    assert not missed


@pytest.mark.parametrize("source", [*SHARED, *ORDER])
def test_shared_state_and_the_order_of_sets_are_found(tmp_path: Path, source: str) -> None:
    (tmp_path / "planted.py").write_text(source)
    assert faults(tmp_path / "planted.py", FOLDERS["workflows"])


@pytest.mark.parametrize("source", ALLOWED)
def test_what_replays_is_left_alone(tmp_path: Path, source: str) -> None:
    (tmp_path / "planted.py").write_text(source)
    assert faults(tmp_path / "planted.py", FOLDERS["workflows"]) == []


def test_graphs_ask_only_their_clock(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("def f(self, clock):\n    return self._clock.now(), clock.now()\n")
    assert faults(tmp_path / "planted.py", FOLDERS["graphs"]) == []
    (tmp_path / "planted.py").write_text("from datetime import datetime\n\ndef f():\n    return datetime.now()\n")
    assert faults(tmp_path / "planted.py", FOLDERS["graphs"])
    assert faults(tmp_path / "planted.py", FOLDERS["handrail/domain"])


def test_a_folder_without_modules_is_no_success(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests/guard", tmp_path / "tests/guard", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(commands()[-1], tmp_path).returncode == 2


def test_the_worker_ships_without_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDRAIL_SANDBOX", raising=False)
    assert isinstance(workflow_runner(Settings()), UnsandboxedWorkflowRunner)
    monkeypatch.setenv("HANDRAIL_SANDBOX", "true")
    runner = workflow_runner(Settings())
    assert isinstance(runner, SandboxedWorkflowRunner)
    assert "workflows" not in runner.restrictions.passthrough_modules


def test_a_strict_replay_finds_what_no_name_shows(copy: Path, tmp_path: Path) -> None:
    """A clock by way of a string passes the checks above; the sandbox stops it."""
    histories = tmp_path / "histories"
    histories.mkdir()
    shutil.copy(ROOT / "handrail/wiring/deploys/histories/resolved.0.json", histories)
    text = (ROOT / VICTIM).read_text()
    step = "        self._notice_a_cut()\n"
    assert step in text
    sneaky = '        operator.methodcaller("now")(datetime)\n'
    imports = "import operator\nfrom datetime import datetime, timedelta"
    strictly = [".venv/bin/python", "-m", "tests.replay.strictly", str(histories)]
    try:
        changed = text.replace(step, step + sneaky).replace("from datetime import timedelta", imports)
        (copy / VICTIM).write_text(changed)
        assert faults(copy / VICTIM, FOLDERS["workflows"]) == []
        done = run(strictly, copy)
    finally:
        (copy / VICTIM).write_text(text)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "resolved.0.json" in done.stdout
    assert "datetime" in done.stdout
