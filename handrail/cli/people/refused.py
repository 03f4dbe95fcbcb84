"""`handrail queue refused` and `queue settle`: what no case could take, until somebody has seen to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.people.queue import Who

if TYPE_CHECKING:
    from handrail.postgres.case.openings import RefusedOpening

app = typer.Typer()
INPUT = 2_000
"""Characters of what was sent on the screen; `--json` has all of it."""


@app.command("refused")
def list_refused(ctx: typer.Context, limit: Limit = 50, as_json: Json = False) -> None:
    """Starts that could not become a case, and messages that theirs could not take: why, and what was sent.

    A start is gone once the same id became a case; all are once they are settled.
    """
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, print_pairs, screen

    found = run_async(refused(world(ctx), limit))
    if as_json:
        print_document({"refused": [one.model_dump(mode="json") for one in found]})
        return
    for one in found:
        print_pairs(
            (
                ("workflow id", one.workflow_id),
                ("at", moment(one.at)),
                ("why", one.words),
                ("sent", one.input if len(one.input) <= INPUT else f"{one.input[:INPUT]} …"),
            )
        )
    screen().print(plain(f"{len(found)} refused." if found else "Nothing was refused."))


async def refused(place: CliContext, limit: int) -> list[RefusedOpening]:
    """Read what waits for somebody, the oldest first. Raises: Unreachable."""
    from handrail.postgres.case.openings import PostgresOpenings

    async with place.pool() as pool:
        return await PostgresOpenings(pool).refused(limit)


@app.command()
def settle(
    ctx: typer.Context,
    workflow_id: Annotated[
        str, typer.Argument(metavar="WORKFLOW_ID", help="As `queue refused` shows it.", show_default=False)
    ],
    person: Who,
    as_json: Json = False,
) -> None:
    """Take what was refused under a workflow id off the list: somebody has seen to its customer."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.errors import InvalidInput

    async def work() -> list[RefusedOpening]:
        from handrail.postgres.case.openings import PostgresOpenings

        async with world(ctx).pool() as pool:
            return await PostgresOpenings(pool).settle(workflow_id, person, datetime.now(UTC))

    if not run_async(work()):
        raise InvalidInput(f"WORKFLOW_ID: {workflow_id[:80]!r} is not among the refused. See `handrail queue refused`.")
    if as_json:
        print_document({"workflow_id": workflow_id, "settled_by": person})
    else:
        screen().print(plain(f"{workflow_id}: settled by {person}."))
