"""`handrail audit count`: how often what happened, by action."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.postgres.case.audit import ActionCount

KIND = typer.Option("--kind", help="What stands before the colon: confirm, decision, ruled, …", show_default=False)
SINCE = typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="UTC.", show_default=False)


def count(
    ctx: typer.Context,
    kind: Annotated[str | None, KIND] = None,
    since: Annotated[datetime | None, SINCE] = None,
    as_json: Json = False,
) -> None:
    """Count the entries of each action: rulings, decisions, questions to customers and their answers."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    found = run_async(counted(world(ctx), kind, since.replace(tzinfo=UTC) if since else None))
    if as_json:
        print_document(found)
        return
    print_rows(("action", "entries", "cases"), [(one.action, one.entries, one.cases) for one in found], "No such entries.")


async def counted(place: CliContext, kind: str | None, since: datetime | None) -> list[ActionCount]:
    """Read the counts out of the database."""
    from handrail.postgres.case.audit import PostgresAudit

    async with place.pool() as pool:
        return await PostgresAudit(pool).counts(kind, since)
