"""The frame of a drill: where it may run, what it tells, how it ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from handrail.cli.common.world import CliContext


def drilled(ctx: typer.Context, *, yes: bool) -> CliContext:
    """Return the world that the drill acts in.

    Raises:
        InvalidInput: it is not the stack of this folder, and nobody said `--yes`.
    """
    from handrail.cli.common.rail import refuse_foreign
    from handrail.cli.common.world import world

    place = world(ctx)
    if not yes:
        refuse_foreign(place)
    return place


def teller(*, silent: bool) -> Callable[[str], None]:
    """Return what tells people how far a drill has come; silent beside a document."""
    from handrail.cli.common.tables import screen

    def tell(words: str) -> None:
        if not silent:
            screen().print(words)

    return tell


def progress(line: str) -> None:
    """Report progress on standard error: standard out holds the result alone."""
    from handrail.cli.common.tables import plain

    sys.stderr.write(plain(line) + "\n")


def heed_sigterm() -> None:
    """Have SIGTERM end the task at hand as Ctrl-C does, with everything stopped."""
    import asyncio

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def end(document: Mapping[str, Any], show: Callable[[], None], *, passed: bool, as_json: bool) -> None:
    """Print the document with `passed`, or show it to people; a drill that did not pass ends with its exit code."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit

    if as_json:
        print_document({**document, "passed": passed})
    else:
        show()
    if not passed:
        raise typer.Exit(Exit.UNEXPECTED)
