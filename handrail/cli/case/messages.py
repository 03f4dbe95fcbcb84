"""`handrail run-messages FILE.jsonl`: a case for every line, and what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.cli.case.lines import BatchLine
    from handrail.cli.case.outcomes import Wait

app = typer.Typer()


@app.command("run-messages")
def run_messages(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help="A JSON object with `text` per line.", show_default=False)
    ],
    count: Annotated[int | None, typer.Option("--count", min=1, help="The first N lines; all by default.")] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=500, help="Cases at work at once.")] = 20,
    customers: Annotated[
        str | None,
        typer.Option(
            "--customers",
            metavar="A,B,…",
            help="Who writes, in turn. By default a line's `customer_id`, else the business's sample customers.",
            show_default=False,
        ),
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Prefix of the case ids; the same run goes on.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one case at most.")] = 120.0,
    as_json: Json = False,
) -> None:
    """Open a case per line; show the outcomes.

    Waits until nobody is working on a case any more, and gives the times by topic.
    """
    from handrail.cli.case import outcomes
    from handrail.cli.case.lines import read_lines
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit

    place = world(ctx)
    lines = read_lines(file, count)

    async def work() -> outcomes.BatchReport:
        writers = await writers_for(place, lines, customers)
        async with place.cases() as cases, settling(place) as settled:
            return await outcomes.run(cases, lines, writers, run, concurrency=concurrency, timeout=timeout, settled=settled)

    report = run_async(work())
    print_document(report) if as_json else outcomes.show(report)
    if report.statuses.get(outcomes.ERROR):
        raise typer.Exit(Exit.UNEXPECTED)
    if report.statuses.get(outcomes.UNSETTLED):
        raise typer.Exit(Exit.TIMED_OUT)


@asynccontextmanager
async def settling(place: CliContext) -> AsyncIterator[Wait | None]:
    """Yield what waits for cases in the record, which costs no worker anything; None where there is none to be read."""
    from handrail.domain.errors import HandrailError, record_is_away
    from handrail.postgres.case.settling import SettledCases

    async with AsyncExitStack() as stack:
        try:
            pool = await stack.enter_async_context(place.pool())
        except Exception as error:
            if not isinstance(error, HandrailError) and not record_is_away(error):
                raise
            yield None
            return
        cases = SettledCases(pool, place.settings.database_url.get_secret_value())
        await stack.enter_async_context(cases.heard())
        yield cases.settled


async def writers_for(place: CliContext, lines: list[BatchLine], customers: str | None) -> list[str]:
    """The customers to write as, in turn.

    Raises:
        InvalidInput: none are named and the business has no samples.
    """
    from handrail.domain.case.messages import check_identifier
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.pool import reading

    if customers is not None:
        return [check_identifier("--customers", one.strip()) for one in customers.split(",")]
    if all(line.customer_id for line in lines):
        return []
    if place.business.samples is None:
        raise InvalidInput(f"--customers: the business {place.business.name} has no samples. Name customers: --customers A,B.")
    async with place.pool() as pool, reading(pool) as connection:
        return [customer for customer, _ in await place.business.samples(connection)]
