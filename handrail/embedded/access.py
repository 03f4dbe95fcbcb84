"""Running PostgreSQL as root's guest: it refuses root, so it runs as a system user that may reach just what it needs."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import struct
import subprocess
from pathlib import Path

from handrail.embedded.process import StackFailed

USER = "pgserver"
ACL = "system.posix_acl_access"
HEADER, ENTRY, VERSION = "<I", "<HHI", 2
OWNER, NAMED_USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
UNNAMED = 0xFFFFFFFF
PASS = 1


def system_user() -> str | None:
    """The user that PostgreSQL runs as, created on first use; None where we are not root.

    Raises:
        StackFailed: the user does not exist and cannot be created.
    """
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(USER)
    except KeyError:
        create_user()
    return USER


def create_user() -> None:
    """Add the system user, without home, password or shell. Another process may have been faster: that is fine."""
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    remedy = f"PostgreSQL refuses to run as root. Add a system user {USER}, or start as an ordinary user."
    if program is None:
        raise StackFailed(f"user {USER}: there is no useradd here. {remedy}")
    made = subprocess.run(
        [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER], capture_output=True, text=True
    )
    try:
        pwd.getpwnam(USER)
    except KeyError as error:
        raise StackFailed(f"user {USER}: useradd failed: {made.stderr.strip()} {remedy}") from error


def give(path: Path, user: str) -> None:
    """Make `user` the owner."""
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def let_through(path: Path, user: str) -> None:
    """Let `user` pass through every folder above `path`; other users gain nothing where the file system knows ACLs."""
    entry = pwd.getpwnam(user)
    for folder in path.resolve().parents:
        if not may_pass(folder, entry):
            allow_passing(folder, entry.pw_uid)


def may_pass(folder: Path, entry: pwd.struct_passwd) -> bool:
    """Return whether the plain permissions let the user through."""
    status = folder.stat()
    if status.st_uid == entry.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == entry.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def allow_passing(folder: Path, uid: int) -> None:
    """One ACL entry `user:<uid>:--x`; where the file system knows no ACLs, the folder's x for all."""
    try:
        entries = acl(folder)
        mine = (NAMED_USER, uid)
        mask = entries.get((MASK, UNNAMED), entries[(GROUP, UNNAMED)])
        if entries.get(mine, 0) & mask & PASS:
            return
        entries[mine] = entries.get(mine, 0) | PASS
        entries[(MASK, UNNAMED)] = mask | PASS
        packed = b"".join(struct.pack(ENTRY, tag, entries[tag, name], name) for tag, name in sorted(entries))
        os.setxattr(folder, ACL, struct.pack(HEADER, VERSION) + packed)
    except (OSError, AttributeError):
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def acl(folder: Path) -> dict[tuple[int, int], int]:
    """The folder's ACL, or what its plain permissions amount to: (tag, id) to rwx bits."""
    if ACL not in os.listxattr(folder):
        mode = folder.stat().st_mode
        return {(OWNER, UNNAMED): mode >> 6 & 7, (GROUP, UNNAMED): mode >> 3 & 7, (OTHER, UNNAMED): mode & 7}
    found = os.getxattr(folder, ACL)[struct.calcsize(HEADER) :]
    return {(tag, name): permissions for tag, permissions, name in struct.iter_unpack(ENTRY, found)}


def let_read(folder: Path) -> None:
    """Undo a strict umask at installation: everything in `folder` may be read, and run where its owner may run it."""
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
