"""A worker that keeps account of its processor time: `python -m handrail.drills.bench.profile.sampler`.

It is `python -m worker` beside one more thread, which looks at the others all the time: each thread's own clock tells the
processor time since the last look, and its stack what that went into. SIGUSR1 begins the account anew; it is written when
the worker ends, to the file that HANDRAIL_BENCH_PROFILE names.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

FILE = "HANDRAIL_BENCH_PROFILE"
EVERY_SECONDS = 0.004
SWITCH_SECONDS = 0.0001
"""So soon another thread lets go; with more, it is mostly seen where it does so by itself, when it waits for a socket."""
THREAD_CLOCK = 6
"""What Linux calls a thread's clock by, beside its id. Unlike a thread's handle, the id may be asked about after its end."""
ELSEWHERE = ""
"""The stack of threads that are not Python's: Temporal's core."""
SEPARATOR = ";"


class Sampler(threading.Thread):
    """Adds up processor time by stack; a stack is the names of its modules, outermost first, each run of one name once."""

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self.seconds = defaultdict[str, float](float)
        self._clocks: dict[int, float] = {}
        self._own = self._all = 0.0
        self._anew = self._done = False

    def begin_anew(self, *_: object) -> None:
        """Forget what was found; takes effect with the next look."""
        self._anew = True

    def run(self) -> None:
        """Look until told to end."""
        self._begin()
        while not self._done:
            time.sleep(EVERY_SECONDS)
            if self._anew:
                self._begin()
            self._look()
        self._own = self._clock(self) - self._own

    def end(self) -> dict[str, float]:
        """Return the seconds by stack, without this thread's own."""
        self._done = True
        self.join()
        python = sum(self.seconds.values())
        whole = time.process_time() - self._all - self._own
        return {**self.seconds, ELSEWHERE: max(0.0, whole - python)}

    def _begin(self) -> None:
        self._anew = False
        self.seconds.clear()
        self._clocks = {thread.ident or 0: self._clock(thread) for thread in threading.enumerate()}
        self._own, self._all = self._clock(self), time.process_time()

    def _look(self) -> None:
        frames = sys._current_frames()
        for thread in threading.enumerate():
            if thread is self or thread.ident not in frames:
                continue
            now = self._clock(thread)
            spent = now - self._clocks.get(thread.ident, 0.0)
            self._clocks[thread.ident] = now
            if spent > 0:
                self.seconds[stack(frames[thread.ident])] += spent

    def _clock(self, thread: threading.Thread) -> float:
        try:
            return time.clock_gettime(~(thread.native_id or 0) << 3 | THREAD_CLOCK)
        # A thread that has ended in between has no clock any more.
        except OSError:
            return self._clocks.get(thread.ident or 0, 0.0)


def stack(frame: FrameType | None) -> str:
    """Return the modules of a stack, outermost first."""
    names: list[str] = []
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not names or names[-1] != name:
            names.append(name)
        frame = frame.f_back
    return SEPARATOR.join(reversed(names))


def main() -> None:
    """Run the worker to its end, then write the account."""
    import worker

    sampler = Sampler()
    signal.signal(signal.SIGUSR1, sampler.begin_anew)
    sys.setswitchinterval(SWITCH_SECONDS)
    sampler.start()
    try:
        worker.main()
    finally:
        Path(os.environ[FILE]).write_text(json.dumps(sampler.end()))


if __name__ == "__main__":
    main()
