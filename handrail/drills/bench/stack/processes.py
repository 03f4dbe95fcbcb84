"""Processor time and memory of whole process trees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import psutil

MEGABYTE = 1_000_000


def tree(pid: int) -> list[psutil.Process]:
    """Return the process and all that it started; empty once it is gone."""
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of the trees, with that of children which have ended."""
    total = 0.0
    for process in [one for pid in pids for one in tree(pid)]:
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def resident(pids: Iterable[int]) -> float:
    """Return the memory that the trees hold in RAM, in MB."""
    total = 0
    for process in [one for pid in pids for one in tree(pid)]:
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total / MEGABYTE


class Meter:
    """Processor time by part between two moments, and of this process as the driver of it all.

    `parts` tells the processes of each part when asked.
    """

    def __init__(self, parts: Callable[[], Mapping[str, list[int]]]) -> None:
        self._parts = parts
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        return {**{part: cpu_seconds(pids) for part, pids in self._parts().items()}, "driver": time.process_time()}

    def per_piece(self, count: int) -> dict[str, float]:
        """Return milliseconds per piece of work since the meter was made."""
        now = self._read()
        return {part: (now[part] - self._before.get(part, 0.0)) * 1_000 / count for part in now}
