"""`handrail conformance`, as a person and a program use it: over an invented shop always, over the real data where it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.retail.data import source
from tests.support import retailer

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}
REAL = source.folder()


def conformance(*arguments: object, business: str = "retail", code: int = 0) -> Any:
    """The document of a run."""
    command = [sys.executable, "-m", "handrail.cli.main", "conformance", business, *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=280)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_every_task_comes_out_equal_and_nothing_worse_is_done(tmp_path: Path) -> None:
    found = conformance("--tasks", retailer.write(tmp_path), "--data", tmp_path, "--workers", 1)

    assert (found["tasks"], found["equal"], found["mutations"]) == (4, 4, 4)
    assert found["refused"] + found["held"] == 4
    assert (found["applied"], found["failures"]) == (0, [])
    assert len(found["kinds"]) == 4, "the tasks are made worse in different ways"


def test_a_file_that_is_none_is_refused_at_once(tmp_path: Path) -> None:
    retailer.write(tmp_path)
    (tmp_path / "tasks.json").write_text("[]]")

    error = conformance("--tasks", tmp_path / "tasks.json", "--data", tmp_path, code=3)["error"]

    assert error["type"] == "InvalidInput"
    assert "tasks.json" in error["message"]


def test_the_clinic_asks_those_whom_its_tasks_name_at_the_time_that_they_set() -> None:
    found = conformance("--tasks", "examples/clinic/tasks.yaml", "--workers", 1, business="clinic")

    assert found["failures"] == []
    assert (found["tasks"], found["equal"], found["applied"]) == (5, 5, 0)
    assert set(found["kinds"]) == {"stranger", "over", "on_a_holiday", "twice"}


@pytest.mark.skipif(
    not (REAL / "tasks_train.json").exists(), reason=f"no tau2-bench data; name its folder in {source.SETTING}"
)
def test_tasks_of_the_real_data() -> None:
    found = conformance("--tasks", REAL / "tasks_train.json", "--limit", 2, "--workers", 1)

    assert (found["tasks"], found["equal"], found["applied"], found["failures"]) == (2, 2, 0, [])
