"""Open cases outlive deployments: what was recorded replays in today's code, in a process of its own.

`histories/` guards cases that are open while the code changes. A change that breaks one of them breaks customers' cases:
make it behind `workflow.patched`, or where only a fresh run comes. After a change that is meant to be incompatible, record
again: `HANDRAIL_RECORD_HISTORIES=1 pytest tests/replay`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.replay.branches import BRANCHES
from tests.replay.conftest import KEPT, KEPT_BRANCHES, KEPT_LIMIT
from tests.replay.record import Happened, happened

ROOT = Path(__file__).parents[2]


def branch(folder: Path, name: str) -> Happened:
    """What the branch's runs show."""
    runs = sorted(folder.glob(f"{name}.*.json"), key=lambda path: int(path.suffixes[0][1:]))
    assert runs, f"no history of {name}"
    return happened([run.read_text() for run in runs])


def failures(folder: Path) -> dict[str, str]:
    """What a fresh process cannot replay."""
    done = subprocess.run(
        [sys.executable, "-c", "from tests.replay.again import main; main()", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(name: str, seen: Happened) -> None:
    """The branch happened."""
    wanted = BRANCHES[name]
    assert tuple(seen.statuses[: len(wanted.statuses)]) == wanted.statuses
    assert seen.reasons[-1:] == ([wanted.reason] if wanted.reason else [])
    assert set(wanted.has) <= seen.names, sorted(seen.names)
    assert not set(wanted.lacks) & seen.names


@pytest.mark.parametrize("name", BRANCHES)
def test_a_live_run_without_any_cache_takes_the_branch(recorded: Path, name: str) -> None:
    check(name, branch(recorded, name))


def test_every_live_run_replays_in_a_fresh_process(recorded: Path) -> None:
    assert {path.name.partition(".")[0] for path in recorded.glob("*.json")} == set(BRANCHES)
    assert failures(recorded) == {}


def test_kept_histories_still_replay() -> None:
    names = {path.name.partition(".")[0] for path in KEPT.glob("*.json")}
    assert names == set(KEPT_BRANCHES)
    for name in names:
        check(name, branch(KEPT, name))
    assert failures(KEPT) == {}


def test_kept_histories_are_small_and_name_no_machine() -> None:
    for path in KEPT.glob("*.json"):
        assert path.stat().st_size < KEPT_LIMIT
        assert set(identities(json.loads(path.read_text()))) <= {"scrubbed"}


def test_a_history_that_does_not_fit_the_code_is_noticed(recorded: Path, tmp_path: Path) -> None:
    """The replay above would tell: an activity under another name is a failure."""
    text = (recorded / "resolved.0.json").read_text()
    assert '"case.agent"' in text
    (tmp_path / "resolved.0.json").write_text(text.replace('"case.agent"', '"case.other"'))
    assert "resolved.0.json" in failures(tmp_path)


def identities(value: object) -> list[str]:
    """Every identity in the JSON."""
    if isinstance(value, dict):
        own = [str(value["identity"])] if "identity" in value else []
        return own + [found for one in value.values() for found in identities(one)]
    return [found for one in value for found in identities(one)] if isinstance(value, list) else []
