"""`handrail shop …`: the example business, for trying things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.shop.records.find import FoundOrder

app = typer.Typer(no_args_is_help=True, help="The example shop.")
PACKAGE = "handrail.shop"
StatusName = Literal["pending", "paid", "shipped", "delivered", "cancelled"]
Amount = Annotated[float | None, typer.Option(min=0, help="USD.", show_default=False)]


@app.callback()
def shop() -> None:
    """The example shop."""


@app.command()
def find(
    ctx: typer.Context,
    refundable_over: Amount = None,
    refundable_under: Amount = None,
    total_over: Amount = None,
    total_under: Amount = None,
    status: Annotated[StatusName | None, typer.Option(show_default=False)] = None,
    shipped: Annotated[bool | None, typer.Option("--shipped/--not-shipped", show_default=False)] = None,
    refunded: Annotated[bool | None, typer.Option("--refunded/--not-refunded", show_default=False)] = None,
    quantity_over: Annotated[int | None, typer.Option(min=0, help="Of one line.", show_default=False)] = None,
    delivered_within_days: Annotated[int | None, typer.Option(min=0, show_default=False)] = None,
    customer: Annotated[str | None, typer.Option("--customer", show_default=False)] = None,
    language: Annotated[str | None, typer.Option(help="The customer's, for example de.", show_default=False)] = None,
    limit: Limit = 10,
    as_json: Json = False,
) -> None:
    """Orders that are good to try something with, one per customer."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows, short
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.pool import reading
    from handrail.shop.records.find import find as find_orders

    place = world(ctx)
    if place.settings.business != PACKAGE:
        raise InvalidInput(
            f"shop: the business here is {place.settings.business}. Set HANDRAIL_BUSINESS={PACKAGE} for the shop."
        )

    async def work() -> list[FoundOrder]:
        async with place.pool() as pool, reading(pool) as connection:
            return await find_orders(
                connection,
                refundable_over=refundable_over,
                refundable_under=refundable_under,
                total_over=total_over,
                total_under=total_under,
                status=status,
                shipped=shipped,
                refunded=refunded,
                quantity_over=quantity_over,
                delivered_within_days=delivered_within_days,
                customer_id=customer,
                language=language,
                limit=limit,
            )

    found = run_async(work())
    if as_json:
        print_document(found)
        return
    rows = [
        (one.order_id, one.customer_id, one.status, one.total, one.refundable, one.max_quantity, short(one.placed_at))
        for one in found
    ]
    headings = ("order", "customer", "status", "total", "refundable", "most of one", "placed (UTC)")
    print_rows(headings, rows, "No order is like that. Ask for less, or seed the shop with `handrail up`.")
