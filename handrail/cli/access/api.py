"""`handrail api …`: serve the HTTP API."""

from __future__ import annotations

import typer

from handrail.cli.common.world import world

app = typer.Typer(no_args_is_help=True, help="Serve the HTTP API for backends.")


@app.callback()
def group() -> None:
    """Serve the HTTP API for backends."""


@app.command()
def run(ctx: typer.Context) -> None:
    """Serve the HTTP API at HANDRAIL_API_ADDRESS until Ctrl-C or SIGTERM; `handrail up` does it too."""
    from handrail.wiring.front.api import serve
    from handrail.wiring.logs import begin_logs
    from handrail.wiring.loops import serve_async

    settings = world(ctx).settings
    begin_logs(settings, "httpx", "httpx2")
    serve_async(serve(settings))
