"""`handrail api …`: serve the HTTP API."""

from __future__ import annotations

import logging

import typer

from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

app = typer.Typer(no_args_is_help=True, help="Serve the HTTP API for backends.")


@app.callback()
def group() -> None:
    """Serve the HTTP API for backends."""


@app.command()
def run(ctx: typer.Context) -> None:
    """Serve the HTTP API at HANDRAIL_API_ADDRESS until Ctrl-C or SIGTERM; `handrail up` does it too."""
    from handrail.wiring.front.api import serve

    settings = world(ctx).settings
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    run_async(serve(settings))
