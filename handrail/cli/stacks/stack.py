"""`up`, `down` and `status`: the embedded stack from the command line.

Exit codes are those of every command; `status` of a stack that does not run gives 6.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import psutil
import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.world import environment
from handrail.cli.stacks.sealing import choose_encryption
from handrail.cli.stacks.serving import serve
from handrail.cli.stacks.telling import document, show
from handrail.embedded.folder import check_folder, end_leftovers
from handrail.embedded.process import StackFailed
from handrail.embedded.state import Stack, StackState, last, leftovers, running
from handrail.settings import Settings

READY_SECONDS, DOWN_SECONDS = 180.0, 90.0
LOOK_SECONDS = 0.1
REFUSAL = "Error: "
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The embedded stack.")
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder of the stack's data.", show_default=".handrail")]
PortBase = Annotated[
    int | None,
    typer.Option("--port-base", min=1024, max=65_000, help="First of its ports.", show_default="17230, or the last one"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output and nothing else.")]


@app.command()
def up(
    data_dir: DataDir = None,
    port_base: PortBase = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything is ready; it goes on running.")] = False,
    samples: Annotated[bool, typer.Option(help="Open sample cases on the first start.")] = True,
    workers: Annotated[int, typer.Option(min=0, max=16, help="How many worker processes.")] = 1,
    encrypt: Annotated[
        bool | None,
        typer.Option(help="Encrypt what is new in histories.", show_default="as last time, or where a master key is named"),
    ] = None,
    accept_unfit: Annotated[
        bool, typer.Option("--accept-unfit", help="Go on although open cases do not replay in this code: people get those.")
    ] = False,
    json: Json = False,
) -> None:
    """Start the stack, or go on with the one that was stopped. Ctrl-C stops it."""
    if json and not detach:
        raise StackFailed("--json: goes with --detach; without it there is a live table.")
    settings = environment()
    folder = (data_dir or settings.data_dir).absolute()
    base = choose_base(settings, folder, port_base)
    encrypts = choose_encryption(settings, folder, encrypt)
    if detach:
        start_apart(folder, base, workers, samples=samples, encrypts=encrypts, json=json, unfit=accept_unfit)
    else:
        asyncio.run(serve(settings, folder, base, workers, samples=samples, encrypts=encrypts, unfit=accept_unfit))


@app.command()
def down(data_dir: DataDir = None, json: Json = False) -> None:
    """Stop the stack. Every open case goes on with the next start."""
    folder = (data_dir or environment().data_dir).absolute()
    stack = running(folder)
    if stack is not None:
        stop(stack)
    elif leftovers(folder):
        end_leftovers(folder)
    if json:
        typer.echo(document(folder))
    else:
        typer.echo(f"Stopped the stack in {folder}." if stack else f"No stack runs in {folder}.")


@app.command()
def status(data_dir: DataDir = None, json: Json = False) -> None:
    """Show whether the stack runs, and where to reach it."""
    folder = (data_dir or environment().data_dir).absolute()
    stack = running(folder)
    if json:
        typer.echo(document(folder))
    elif stack is None:
        typer.echo(f"No stack runs in {folder}. Start it: handrail up")
    else:
        show(stack)
    if stack is None:
        raise typer.Exit(Exit.NOTHING_ANSWERS)


def choose_base(settings: Settings, folder: Path, asked: int | None) -> int:
    """Asked for, or set, or what this folder's stack had last time, or the default."""
    before = last(folder)
    if asked is not None or "port_base" in settings.model_fields_set or before is None:
        return asked or settings.port_base
    return before.port_base


def start_apart(folder: Path, base: int, workers: int, *, samples: bool, encrypts: bool, json: bool, unfit: bool) -> None:
    """Start a supervisor of its own, pass on what it says, and return when all is ready.

    Raises:
        StackFailed: it ended, or was not ready in time.
    """
    check_folder(folder)
    log = folder / "logs" / "stack.log"
    log.parent.mkdir(exist_ok=True)
    options = ["--data-dir", str(folder), "--port-base", str(base), "--workers", str(workers)]
    options += [*([] if samples else ["--no-samples"]), "--encrypt" if encrypts else "--no-encrypt"]
    options += ["--accept-unfit"] if unfit else []
    with open(log, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "handrail.cli.main", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    stack = await_ready(process, folder, log, quiet=json)
    if json:
        typer.echo(document(folder))
    else:
        show(stack)


def await_ready(process: subprocess.Popen[bytes], folder: Path, log: Path, *, quiet: bool) -> Stack:
    """Follow the log until the stack of this very process is ready."""
    deadline, said = time.monotonic() + READY_SECONDS, ""
    with open(log) as lines:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            new = lines.read()
            said += new
            if not quiet:
                typer.echo("".join(line for line in new.splitlines(True) if not line.startswith(REFUSAL)), nl=False)
            if ended:
                raise StackFailed(reason(said, process.returncode))
            stack = running(folder)
            if stack and stack.supervisor.pid == process.pid and stack.state is StackState.READY:
                return stack
            time.sleep(LOOK_SECONDS)
    process.terminate()
    raise StackFailed(f"the stack was not ready after {READY_SECONDS:.0f} s. Look into {log.parent}.")


def reason(said: str, code: int) -> str:
    """The refusal among what a supervisor said last."""
    refusals = [line.removeprefix(REFUSAL) for line in said.splitlines() if line.startswith(REFUSAL)]
    return refusals[-1] if refusals else f"the stack ended with exit code {code}: {said.strip()[-500:] or 'it said nothing'}"


def stop(stack: Stack) -> None:
    """Ask the supervisor to stop everything and wait for it; then end it and what is left for certain."""
    supervisor = stack.supervisor.find()
    if supervisor is None:
        return
    supervisor.terminate()
    try:
        supervisor.wait(DOWN_SECONDS)
    except psutil.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
    end_leftovers(stack.data_dir)
