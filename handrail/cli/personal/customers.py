"""`handrail customers …`: which customer ids are one person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.personal.kin import CustomerKin
    from handrail.postgres.personal.kin import PostgresKin

app = typer.Typer(no_args_is_help=True, help="Customer ids that are one person: merge, undo, show.")
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why; stays with it.", show_default=False)]
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]


@app.command()
def merge(
    ctx: typer.Context,
    customer: Customer,
    into: Annotated[str, typer.Option("--into", metavar="CUSTOMER", help="The customer's other id.", show_default=False)],
    reason: Reason,
    by: By,
    as_json: Json = False,
) -> None:
    """Say that an id is the same person as another: from then on both count as one."""
    changed(ctx, customer, into, reason, by, as_json=as_json)


@app.command()
def undo(ctx: typer.Context, customer: Customer, reason: Reason, by: By, as_json: Json = False) -> None:
    """Undo the merge of an id: from then on each counts for itself."""
    changed(ctx, customer, None, reason, by, as_json=as_json)


@app.command()
def show(ctx: typer.Context, customer: Customer, as_json: Json = False) -> None:
    """Show which ids are one person, who joined them and why."""
    from handrail.domain.case.messages import check_identifier

    who = check_identifier("CUSTOMER", customer)
    told(run_async(asked(world(ctx), lambda kin: kin.of(who))), as_json=as_json)


def changed(ctx: typer.Context, customer: str, into: str | None, reason: str, by: str, *, as_json: bool) -> None:
    """Join or part, and show what is so now. Raises: Refused, InvalidInput."""
    from handrail.domain.case.messages import check_identifier, check_name, check_text
    from handrail.domain.personal.kin import LinkChange
    from handrail.domain.team.commands import MAX_REASON

    wanted = LinkChange(
        merged=check_identifier("CUSTOMER", customer),
        kept=None if into is None else check_identifier("--into", into),
        reason=check_text("--reason", reason, MAX_REASON),
        by=check_name("--by", by),
    )
    told(run_async(asked(world(ctx), lambda kin: kin.change(wanted))), as_json=as_json)


async def asked(place: CliContext, question: Callable[[PostgresKin], Awaitable[CustomerKin]]) -> CustomerKin:
    """Return what the record answers. Raises: Refused, Unreachable."""
    from handrail.clock import SystemClock
    from handrail.postgres.personal.kin import PostgresKin

    async with place.pool() as pool:
        return await question(PostgresKin(pool, place.business, SystemClock()))


def told(kin: CustomerKin, *, as_json: bool) -> None:
    """Print it for people, or as JSON."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen

    if as_json:
        return print_document(kin.model_dump(mode="json"))
    if len(kin.customer_ids) == 1:
        return screen().print(plain(f"{kin.customer_id} has no other id."))
    screen().print(plain(f"One person: {', '.join(kin.customer_ids)}"))
    rows = [
        (one.merged, one.kept, f"{one.at:%Y-%m-%d %H:%M}", one.by, one.reason, ", ".join(one.contradictions))
        for one in kin.links
    ]
    return print_rows(("merged", "into", "at", "by", "reason", "against it"), rows, "")
