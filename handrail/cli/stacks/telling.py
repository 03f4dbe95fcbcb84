"""The stack as it is told: to people, and as a JSON document."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from handrail.background import trouble_file, troubles_in
from handrail.cli.common.rail import held
from handrail.cli.common.signposts import directions, program, waiting_url
from handrail.embedded.state import ADDRESSES, Stack, StackState, running
from handrail.embedded.worker import RUN


def document(folder: Path) -> str:
    """The stack as `--json` shows it; of one that does not run just where and that."""
    stack = running(folder)
    if stack is None:
        keys: dict[str, Any] = {"data_dir": str(folder), "state": StackState.STOPPED.value}
        addresses = dict.fromkeys(ADDRESSES)
        return dumps({**keys, **addresses, "figures": {}, "processes": {}, "background_trouble": {}}, indent=2)
    whole = {**stack.model_dump(mode="json"), "background_trouble": background_trouble(stack)}
    return dumps(whole, indent=2, ensure_ascii=False)


def background_trouble(stack: Stack) -> dict[str, dict[str, str]]:
    """Read what goes wrong beside the main work of each worker, by the worker's name."""
    files = {name: trouble_file(stack.data_dir / RUN / f"{name}.ready") for name in stack.processes}
    return {name: found for name, file in files.items() if (found := troubles_in(file))}


def show(stack: Stack) -> None:
    """The stack for people; the password stays out of it."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[bold]Handrail[/] {stack.state.value} in {escape(str(stack.data_dir))} (pid {stack.supervisor.pid})")
    for what, where in [
        ("Temporal", stack.temporal_address),
        ("Web UI", stack.temporal_ui),
        ("PostgreSQL", stack.database_url.rpartition("@")[2]),
        ("Model", stack.model),
        *(("Figures", f"{name}: http://{address}/metrics") for name, address in stack.figures.items()),
        *(("Control", one) for one in held(stack)),
        *(
            ("Background", f"{name}: {work} is in trouble {words}")
            for name, found in background_trouble(stack).items()
            for work, words in found.items()
        ),
        ("Waiting approvals", waiting_url(stack.temporal_ui)),
        *directions(stack, None)[:-1],
        ("Stop", f"{program()} down --data-dir {stack.data_dir}"),
    ]:
        console.print(f"  {what:<18} {where}", markup=False)
