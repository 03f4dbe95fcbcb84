"""Child processes: their logs, their end, and that they never outlive who started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from handrail.embedded.process import Child, Command, StackFailed, run

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def child(code: str, folder: Path, grace: float = 10.0) -> Child:
    return Child("part", Command((sys.executable, "-c", code), grace=grace), folder / "logs" / "part.log")


def ended(running: Child) -> Child:
    until(lambda: running.exited() is not None)
    running.stop()
    return running


class Part:
    """A component that says when it is ready."""

    name = "part"
    needs: tuple[str, ...] = ()

    def __init__(self, code: str) -> None:
        self.code = code

    def prepare(self) -> None:
        """Nothing."""

    def command(self) -> Command:
        return Command((sys.executable, "-c", self.code))

    async def ready(self, pid: int) -> bool:
        return False


def test_its_words_are_kept_for_its_owner_alone(tmp_path: Path) -> None:
    running = ended(child("print('first'); print('last words')", tmp_path))
    assert running.exited() == 0
    assert running.tail(1) == ["last words"]
    assert running.log.stat().st_mode & 0o077 == 0


def test_the_tail_is_of_this_start_only(tmp_path: Path) -> None:
    for words in ("before", "after"):
        running = ended(child(f"print({words!r})", tmp_path))
    assert running.tail() == ["after"]


def test_it_is_asked_to_stop_first(tmp_path: Path) -> None:
    running = child(SLEEP, tmp_path)
    until(lambda: running.tail() == ["up"])
    running.stop()
    assert running.exited() == -signal.SIGTERM


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    running = child(STUBBORN, tmp_path, grace=0.1)
    until(lambda: running.tail() == ["up"])
    running.stop()
    assert running.exited() == -signal.SIGKILL


def test_an_end_while_starting_shows_the_log(tmp_path: Path) -> None:
    unlucky = Part("import sys; print('no such luck'); sys.exit(3)")
    said = r"part: ended with exit code 3 while starting: no such luck .*part\.log"
    with pytest.raises(StackFailed, match=said), run(unlucky, tmp_path / "part.log"):
        pass


PARENT = """
import os, signal, sys, time
from pathlib import Path
from handrail.embedded.process import Child, Command
child = Child("part", Command((sys.executable, "-c", {code!r}), orphan=signal.SIGKILL), Path({log!r}))
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("prctl", ["with prctl", "without prctl"])
def test_it_dies_with_a_killed_parent(tmp_path: Path, prctl: str) -> None:
    code = PARENT.format(code=SLEEP, log=str(tmp_path / "part.log"))
    if prctl == "without prctl":
        blind = tmp_path / "launch.py"
        source = (Path(__file__).parents[3] / "handrail" / "embedded" / "launch.py").read_text()
        blind.write_text(source.replace("import ctypes\n", "raise ImportError\n"))
        code = code.replace("child =", f"import handrail.embedded.process as p; p.LAUNCH = Path({str(blind)!r}); child =")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        orphan = psutil.Process(int(parent.stdout.readline()))
        until(lambda: (tmp_path / "part.log").read_text() == "up\n")
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_another_user(tmp_path: Path) -> None:
    command = Command(("/bin/sh", "-c", "id -un; id -G"), user="nobody")
    running = ended(Child("part", command, tmp_path / "part.log"))
    user, groups = running.tail()
    assert (user, "0" in groups.split()) == ("nobody", False)


def test_what_yields_lets_others_go_first_with_all_its_threads(tmp_path: Path) -> None:
    code = "import threading, time; [threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(3)]; print('on')"
    running = Child("part", Command((sys.executable, "-uc", code), niceness=3, grace=0), tmp_path / "part.log")
    try:
        until(lambda: running.tail() == ["on"])
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        threads = [one.id for one in psutil.Process(running.pid).threads()]
        assert len(threads) == 4
        assert {os.getpriority(os.PRIO_PROCESS, one) for one in threads} == {mine}
        running.let_others_go_first()
        assert {os.getpriority(os.PRIO_PROCESS, one) for one in threads} == {min(mine + 3, 19)}
    finally:
        running.kill()
        running.stop()
