"""`handrail hold …`: legal holds, which forbid to forget a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.personal.forgetting import LegalHold

app = typer.Typer(no_args_is_help=True, help="Legal holds, which forbid to forget a customer: set, clear, list.")
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why; stays with it.", show_default=False)]
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]


@app.command("set")
def set_hold(ctx: typer.Context, customer: Customer, reason: Reason, by: By) -> None:
    """Forbid to forget the customer, until somebody clears it."""
    who, why, actor = checked(customer, reason, by)
    run_async(held(world(ctx), who, why, actor))
    typer.echo(f"{who} is not forgotten until the hold is cleared.")


@app.command()
def clear(ctx: typer.Context, customer: Customer, reason: Reason, by: By) -> None:
    """End the hold."""
    who, why, actor = checked(customer, reason, by)
    run_async(cleared(world(ctx), who, why, actor))
    typer.echo(f"The hold on {who} is cleared.")


@app.command("list")
def list_holds(ctx: typer.Context, as_json: Json = False) -> None:
    """List the holds in force."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen, table

    found = run_async(standing(world(ctx)))
    if as_json:
        print_document([one.model_dump(mode="json") for one in found])
    else:
        rows = [[one.customer_id, f"{one.set_at:%Y-%m-%d}", one.set_by, one.reason] for one in found]
        screen().print(table(["customer", "since", "by", "reason"], rows))


def checked(customer: str, reason: str, by: str) -> tuple[str, str, str]:
    """Raises: InvalidInput."""
    from handrail.domain.case.messages import check_identifier, check_name, check_text

    return check_identifier("CUSTOMER", customer), check_text("--reason", reason, 500), check_name("--by", by)


async def held(place: CliContext, customer: str, reason: str, by: str) -> None:
    """Raises: Refused: a hold is in force already."""
    from datetime import UTC, datetime

    from handrail.domain.errors import Refused
    from handrail.domain.personal.forgetting import LegalHold
    from handrail.postgres.personal.record import PostgresPersonal

    async with place.pool() as pool:
        record = PostgresPersonal(pool)
        hold = LegalHold(customer_id=customer, reason=reason, set_by=by, set_at=datetime.now(UTC))
        if not await record.set_hold(hold):
            raise Refused(f"{customer} has a hold in force. `handrail hold list` shows it; clear it before you set another.")


async def cleared(place: CliContext, customer: str, reason: str, by: str) -> None:
    """Raises: Refused: no hold is in force."""
    from datetime import UTC, datetime

    from handrail.domain.errors import Refused
    from handrail.postgres.personal.record import PostgresPersonal

    async with place.pool() as pool:
        if not await PostgresPersonal(pool).clear_hold(customer, by, reason, datetime.now(UTC)):
            raise Refused(f"{customer} has no hold. `handrail hold list` shows those in force.")


async def standing(place: CliContext) -> list[LegalHold]:
    """Return the holds in force."""
    from handrail.postgres.personal.record import PostgresPersonal

    async with place.pool() as pool:
        return await PostgresPersonal(pool).holds()
