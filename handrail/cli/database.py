"""`handrail migrate`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer

from handrail.cli.options import Json
from handrail.cli.world import probe, world

app = typer.Typer()


@app.command()
def migrate(ctx: typer.Context, as_json: Json = False) -> None:
    """Apply what the database still lacks."""
    from handrail.cli.documents import print_document
    from handrail.cli.tables import plain, screen
    from handrail.postgres import migrations

    place = world(ctx)
    url = place.settings.database_url.get_secret_value()

    async def work() -> list[str]:
        await probe(url)
        return await migrations.migrate(url, place.business, datetime.now(UTC))

    applied = asyncio.run(work())
    if as_json:
        print_document({"applied": applied})
    else:
        screen().print(plain("\n".join(applied) or "Nothing to do: the database is up to date."))
