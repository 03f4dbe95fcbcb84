"""PostgreSQL as root's guest: what it may pass, and that nobody else gains anything."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from handrail.embedded.access import let_read, let_through

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
GUEST, STRANGER = "nobody", "daemon"


def reads(user: str, file: Path) -> bool:
    entry = pwd.getpwnam(user)
    done = subprocess.run(["cat", file], user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd="/", capture_output=True)
    return done.returncode == 0


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A readable file two strict folders down."""
    folder = tmp_path / "strict" / "stricter"
    folder.mkdir(parents=True)
    (folder / "file").write_text("words")
    (folder / "file").chmod(0o644)
    for strict in (folder, folder.parent):
        strict.chmod(0o700)
    return folder / "file"


def test_the_guest_passes_and_nobody_else(deep: Path) -> None:
    assert not reads(GUEST, deep)
    for _ in range(2):
        let_through(deep, GUEST)
        assert reads(GUEST, deep)
    if "system.posix_acl_access" in os.listxattr(deep.parent):
        assert not reads(STRANGER, deep)
        assert deep.parent.stat().st_mode & 0o007 == 0


def test_two_guests_do_not_push_each_other_out(deep: Path) -> None:
    let_through(deep, GUEST)
    let_through(deep, STRANGER)
    assert reads(GUEST, deep)
    assert reads(STRANGER, deep)


def test_a_strict_umask_is_undone(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "program"
    program.parent.mkdir(mode=0o700)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    let_read(program.parent)
    assert (program.stat().st_mode & 0o777, program.parent.stat().st_mode & 0o777) == (0o705, 0o705)
