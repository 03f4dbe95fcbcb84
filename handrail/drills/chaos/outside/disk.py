"""A small disk under a server: a file system in memory of its own, which can be full for a while. It needs root on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOMY = 2 << 30
"""Bytes of the disk while nothing is wrong: a write-ahead log may grow to half of it."""
PAGE = 4096
MEASURED = 100
"""So often it is measured what the disk holds, at most, while somebody writes."""


class SmallDisk:
    """A tmpfs at `folder`. Full means that it is made as small as what it holds: nothing is written only to fill it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def mounted(self, keep: Path | None = None) -> Iterator[None]:
        """Mount it for a while; at the end what it holds is gone, or copied into the folder `keep`.

        Raises:
            subprocess.CalledProcessError: this machine does not let us; see `can_mount`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={ROOMY},mode=0755", "handrail-chaos", str(self.folder))
        try:
            yield
            if keep is not None:
                _run("cp", "-a", f"{self.folder}/.", str(keep))
        finally:
            _run("umount", "-l", str(self.folder))

    def fill(self) -> None:
        """Leave no room for another page. What was written since it was measured refuses the size: it is measured again.

        Raises:
            subprocess.CalledProcessError: however often.
        """
        for _ in range(MEASURED - 1):
            with suppress(subprocess.CalledProcessError):
                return self._resize(self._used())
        return self._resize(self._used())

    def _used(self) -> int:
        found = os.statvfs(self.folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def heal(self) -> None:
        """Give it its room again."""
        self._resize(ROOMY)

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={max(size, PAGE)}", str(self.folder))


def can_mount() -> bool:
    """Return whether this machine lets us have a disk of our own."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="handrail-disk-") as name:
        try:
            with SmallDisk(Path(name)).mounted():
                return True
        except subprocess.CalledProcessError:
            return False


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)  # noqa: S603 - our own words
