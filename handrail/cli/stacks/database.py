"""`handrail migrate`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.probing import probe
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

app = typer.Typer()


@app.command()
def migrate(
    ctx: typer.Context,
    seed: Annotated[bool, typer.Option("--seed", help="Fill an empty demonstration business, too.")] = False,
    as_json: Json = False,
) -> None:
    """Apply what the database still lacks."""
    from handrail.business import seeded
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.postgres import migrations
    from handrail.postgres.pool import writing

    place = world(ctx)
    url = place.settings.database_url.get_secret_value()

    async def work() -> list[str]:
        await probe(url)
        applied = await migrations.migrate(url, place.business, datetime.now(UTC), place.settings.business)
        if seed and place.business.seed is not None:
            async with place.pool() as pool, writing(pool) as connection:
                await seeded(place.business, connection, datetime.now(UTC))
        return applied

    applied = run_async(work())
    if as_json:
        print_document({"applied": applied})
    else:
        screen().print(plain("\n".join(applied) or "Nothing to do: the database is up to date."))
