"""Open cases outlive deployments: what was recorded replays in today's code, in a process of its own.

What `kept` lists guards cases that are open while the code changes. A change that breaks one of them breaks customers' cases:
make it behind `workflow.patched`, or where only a fresh run comes. After a change that is meant to be incompatible, record
again: `HANDRAIL_RECORD_HISTORIES=1 pytest tests/replay`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.replay.branches import BRANCHES
from tests.replay.conftest import CONTINUED, EARLIER, KEPT_BRANCHES, KEPT_LIMIT, SHORT, kept
from tests.replay.record import Happened, happened, waiting

ROOT = Path(__file__).parents[2]


def branch(folder: Path, name: str) -> Happened:
    """What the branch's runs show."""
    runs = sorted(folder.glob(f"{name}.*.json"), key=lambda path: int(path.suffixes[0][1:]))
    assert runs, f"no history of {name}"
    return happened([run.read_text() for run in runs])


def failures(folder: Path) -> dict[str, str]:
    """What fresh processes cannot replay."""
    with TemporaryDirectory() as short, TemporaryDirectory() as long:
        for path in folder.glob("*.json"):
            shutil.copy(path, short if path.name.startswith(CONTINUED) else long)
        return {**replayed(Path(long)), **replayed(Path(short), SHORT)}


def replayed(folder: Path, *more: int) -> dict[str, str]:
    """What one process cannot replay."""
    done = subprocess.run(
        [sys.executable, "-c", "from tests.replay.again import main; main()", str(folder), *map(str, more)],
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


def test_kept_histories_still_replay(tmp_path: Path) -> None:
    for path in kept():
        shutil.copy(path, tmp_path)
    names = {path.name.partition(".")[0] for path in kept()}
    assert names == set(KEPT_BRANCHES)
    for name in names:
        check(name, branch(tmp_path, name))
    assert failures(tmp_path) == {}


def test_kept_histories_are_small_and_name_no_machine() -> None:
    for path in kept():
        assert path.stat().st_size < KEPT_LIMIT
        assert set(identities(json.loads(path.read_text()))) <= {"scrubbed"}


def test_a_history_that_does_not_fit_the_code_is_noticed(recorded: Path, tmp_path: Path) -> None:
    """The replay above would tell: an activity under another name is a failure."""
    text = (recorded / "resolved.0.json").read_text()
    assert '"case.turn"' in text
    (tmp_path / "resolved.0.json").write_text(text.replace('"case.turn"', '"case.other"'))
    assert "resolved.0.json" in failures(tmp_path)


def test_cases_that_waited_in_an_earlier_build_go_on(tmp_path: Path) -> None:
    """There a case parked in a run of its own after each turn; such a run holds nothing but its wait."""
    parked = [path for path in EARLIER.glob("*.json") if begins_with_a_wait(path.read_text())]
    assert len(parked) >= len({path.name.partition(".")[0] for path in EARLIER.glob("*.json")})
    for path in parked:
        (tmp_path / path.name).write_text(waiting(path.read_text()))
    assert failures(tmp_path) == {}


def test_a_turn_in_the_middle_of_which_an_earlier_build_was_does_not_fit(tmp_path: Path) -> None:
    """Then a person gets the case out of its record."""
    turns = [path for path in EARLIER.glob("*.json") if '"case.' in path.read_text()]
    for path in turns:
        (tmp_path / path.name).write_text(path.read_text())
    assert set(failures(tmp_path)) == {path.name for path in turns}


def begins_with_a_wait(text: str) -> bool:
    """Whether an earlier run parked the case in this one."""
    return "continuedExecutionRunId" in json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]


def identities(value: object) -> list[str]:
    """Every identity in the JSON."""
    if isinstance(value, dict):
        own = [str(value["identity"])] if "identity" in value else []
        return own + [found for one in value.values() for found in identities(one)]
    return [found for one in value for found in identities(one)] if isinstance(value, list) else []
