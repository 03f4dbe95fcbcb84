"""Start a program that dies with the process that asked for it: `launch.py PARENT SIGNAL USER LIFELINE PROGRAM ARG…`.

Run by path with `python -I -S`, so it imports the standard library only. Linux kills the orphan itself (prctl); elsewhere
a small watcher holds the reading end of the parent's LIFELINE pipe and does it. The program replaces this process, so the
parent's child is the program and its exit code and signals are its own.
"""

from __future__ import annotations

import os
import select
import sys

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.5


def drop_to(user: str) -> None:
    """Become `user` for good; '-' stays."""
    if user == "-":
        return
    import pwd

    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with_parent(parent: int, signal: int, user: str, lifeline: int) -> None:
    """Order `signal` for the moment the parent is gone. The kernel forgets the order when the user changes: drop first."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (ImportError, OSError, AttributeError):
        drop_to(user)
        watch(signal, lifeline)
        return
    drop_to(user)
    if prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        watch(signal, lifeline)
        return
    if os.getppid() != parent:
        sys.exit("the process that asked for this program is gone already")


def watch(signal: int, lifeline: int) -> None:
    """Fork a watcher that ends with the program, or ends the program when the parent's end of the pipe closes."""
    program = os.getpid()
    if os.fork():
        return
    while os.getppid() == program:
        if select.select([lifeline], [], [], LOOK_SECONDS)[0]:
            if os.getppid() == program:
                os.kill(program, signal)
            break
    os._exit(0)


if __name__ == "__main__":
    parent, signal, user, lifeline, *program = sys.argv[1:]
    die_with_parent(int(parent), int(signal), user, int(lifeline))
    os.closerange(3, 64)
    os.execv(program[0], program)  # noqa: S606 - the one purpose of this file
