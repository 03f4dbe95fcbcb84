"""`handrail reconcile`: the record held against Temporal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.case.reconciling import Reconciliation

app = typer.Typer()


@app.command()
def reconcile(
    ctx: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended; the worker does so by itself.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Ask every open case for its version, too.")] = False,
    grace: Annotated[float, typer.Option("--grace", min=0, help="Seconds: what changed since is no difference yet.")] = 20.0,
    as_json: Json = False,
) -> None:
    """Compare the record with Temporal, both ways. Exit code 5 where differences are left, or a queue is not served."""
    from handrail.cli.common.documents import print_document

    place = world(ctx)
    report = run_async(compared(place, timedelta(seconds=grace), fix=fix, thorough=thorough))
    if as_json:
        print_document({**report.model_dump(mode="json"), "left": len(report.left)})
    else:
        show(report, fixed=fix)
    if report.left or report.unserved:
        raise typer.Exit(Exit.CONFLICT)


async def compared(place: CliContext, grace: timedelta, *, fix: bool, thorough: bool) -> Reconciliation:
    """One comparison. Raises: Unreachable."""
    from temporalio.service import RPCError

    from handrail.postgres.case.standings import PostgresStandings
    from handrail.temporal.connect import Unreachable
    from handrail.temporal.repair.reconcile import Reconciler

    async with place.pool() as pool:
        client = await place.temporal("handrail reconcile")
        try:
            reconciler = Reconciler(client, PostgresStandings(pool), place.settings.task_queue, grace)
            return await reconciler.once(fix=fix, thorough=thorough)
        except RPCError as error:
            raise Unreachable(f"Temporal does not answer: {error.message}") from error


def show(report: Reconciliation, *, fixed: bool) -> None:
    """Print the differences for people."""
    from handrail.cli.common.tables import plain, print_paused, print_rows, screen
    from handrail.domain.counting import many

    words = {True: "mended", False: "NOT mended", None: "left"}
    rows = [
        (one.case_id, one.kind, one.recorded or "nothing", one.temporal, words[one.mended], one.words)
        for one in report.differences
    ]
    print_rows(
        ("case", "difference", "record", "Temporal", "now", "what it means"),
        rows,
        "Record and Temporal agree." if not report.unserved else "No difference was found.",
    )
    how = "" if fixed or not report.left else " Mend them: handrail reconcile --fix"
    screen().print(plain(f"{many(report.compared, 'case')} compared, {many(len(report.left), 'difference')} left.{how}"))
    for queue, cases in report.unserved.items():
        nobody = (
            f"Nobody serves the task queue {queue}: {many(len(cases), 'case')} not compared. Start a worker, then try again."
        )
        screen().print(plain(nobody))
    print_paused(report.paused)
