"""A small disk that is full for a while: what is written fails with the system's own word, and goes on behind it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from handrail.drills.chaos.outside.disk import SmallDisk, can_mount

pytestmark = pytest.mark.skipif(not can_mount(), reason="a disk of one's own needs root and mount")
BYTES = b"x" * 100_000


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
