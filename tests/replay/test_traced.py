"""Traces change no step of a workflow: histories of untraced runs replay in a traced worker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.wiring.deploys.gate import HISTORIES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("runner", ["plain", "sandbox"])
def test_kept_histories_replay_in_a_traced_worker(runner: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.replay.traced", runner, str(HISTORIES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["failures"] == {}
    assert found["replayed"] == len(list(HISTORIES.glob("*.json"))) > 5
    assert found["spans"] == 0, "a replay tells of what happened before, and makes no spans"
