"""`handrail forget`: a customer leaves every place that may hold them, with a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.personal.forgetting import ForgetProof

app = typer.Typer()
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]


@app.command()
def forget(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.", show_default=False)] = "",
    by: By = "",
    close_open: Annotated[
        bool, typer.Option("--close-open", help="Close cases that are open first; else they are a refusal.")
    ] = False,
    addresses: Annotated[
        list[str] | None,
        typer.Option("--address", help="A mail address of theirs, beside those that are known.", show_default=False),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most for each case.")] = 60.0,
    places: Annotated[
        bool, typer.Option("--places", help="Print every place that may hold a customer, and nothing else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Forget a customer everywhere, and print the proof; killed half way, it goes on."""
    from handrail.cli.common.documents import print_document
    from handrail.domain.case.messages import check_identifier, check_name

    if places:
        return show_places(as_json=as_json)
    who, actor = check_identifier("CUSTOMER", customer), check_name("--by", by)
    proof = run_async(forgotten(world(ctx), who, actor, addresses or [], timeout, close_open=close_open, quiet=as_json))
    if as_json:
        print_document({**proof.model_dump(mode="json"), "nothing_left": proof.nothing_left})
    else:
        show(who, proof)
    return None


async def forgotten(
    place: CliContext, customer: str, by: str, addresses: list[str], seconds: float, *, close_open: bool, quiet: bool
) -> ForgetProof:
    """Forget the customer. Raises: Refused, Unreachable."""
    from temporalio.service import RPCError

    from handrail.cli.common.tables import screen
    from handrail.personal.forget import Forgetting
    from handrail.postgres.personal.record import PostgresPersonal
    from handrail.postgres.vault.keys import PostgresKeyStore
    from handrail.temporal.cases.client import CaseClient
    from handrail.temporal.cases.erasing import TemporalRuns
    from handrail.temporal.connect import Unreachable

    async with place.pool() as pool:
        client = await place.temporal("handrail forget")
        runs = TemporalRuns(client, CaseClient(client, task_queue=place.settings.task_queue))
        forgetting = Forgetting(
            record=PostgresPersonal(pool),
            runs=runs,
            keys=PostgresKeyStore(pool),
            backup_days=place.settings.backup_days,
            seconds=seconds,
            tell=lambda words: None if quiet else screen().print(f"  {words}"),
        )
        try:
            return await forgetting.forget(customer, by, close_open=close_open, addresses=addresses)
        except RPCError as error:
            raise Unreachable(f"Temporal does not answer: {error.message}. The same command goes on from here.") from error


def show(customer: str, proof: ForgetProof) -> None:
    """Print the proof for people."""
    from handrail.cli.common.tables import screen, table

    if proof.nothing_left:
        screen().print(f"Nothing left of {customer}. What was deleted earlier stays in backups until they end.")
        return
    rows = [[place, str(count)] for place, count in proof.counts.items()]
    screen().print(table(["deleted or blanked", "how many"], rows))
    took = (proof.ended_at - proof.at).total_seconds()
    screen().print(f"{customer} is forgotten: {proof.cases} cases, {took:.1f} s, proof {proof.forget_id}. What stays:")
    for one in proof.remains:
        until = f" · until {one.until:%Y-%m-%d}" if one.until else ""
        screen().print(f"  {one.place}{until}: {one.words}")


def show_places(*, as_json: bool) -> None:
    """Print the registry."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen, table
    from handrail.domain.personal.places import places

    found = places()
    if as_json:
        print_document([one.model_dump() for one in found])
        return
    screen().print(table(["place", "holds", "found by", "forgetting"], [list(one.model_dump().values()) for one in found]))
