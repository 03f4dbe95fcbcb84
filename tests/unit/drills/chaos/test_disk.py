"""A small disk that is full for a while: what is written fails with the system's own word, and goes on behind it."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handrail.drills.chaos.outside.disk import SmallDisk, can_mount

pytestmark = pytest.mark.skipif(not can_mount(), reason="a disk of one's own needs root and mount")
BYTES = b"x" * 100_000

WRITER = """
import itertools, sys
with open(sys.argv[1], "wb", buffering=0) as file:
    for _ in itertools.count():
        try:
            file.write(b"x" * 4096)
        except OSError:
            pass
        if file.tell() > 4 << 20:
            file.truncate(0), file.seek(0)
"""


def test_a_full_disk_refuses_what_is_written_and_takes_it_once_it_has_room_again(tmp_path: Path) -> None:
    disk, kept = SmallDisk(tmp_path / "disk"), tmp_path / "kept"
    kept.mkdir()
    with disk.mounted(kept):
        file = disk.folder / "a"
        file.write_bytes(BYTES)
        disk.fill()
        with pytest.raises(OSError, match="No space left") as full:
            (disk.folder / "b").write_bytes(BYTES)
        assert full.value.errno == errno.ENOSPC
        assert file.read_bytes() == BYTES
        disk.heal()
        (disk.folder / "b").write_bytes(BYTES)
    assert list(disk.folder.iterdir()) == []
    assert {one.name for one in kept.iterdir()} == {"a", "b"}
    assert (kept / "b").read_bytes() == BYTES


def test_it_becomes_full_while_somebody_writes(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "disk")
    with disk.mounted():
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(disk.folder / "a")])
        try:
            deadline = time.monotonic() + 20
            while not (disk.folder / "a").exists():
                assert time.monotonic() < deadline, "the writer never began"
            for _ in range(50):
                disk.fill()
                disk.heal()
        finally:
            writer.kill()
            writer.wait()
