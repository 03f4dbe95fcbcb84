"""`handrail graph …`: the case graph drawn."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="The case graph: draw it, run it in memory.")


@app.callback()
def graph() -> None:
    """The case graph: draw it, run it in memory."""
