"""`handrail conformance`: a business's own tasks through the whole stack, as they stand and made worse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.drilling import progress
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async

if TYPE_CHECKING:
    from handrail.conformance.plays import Play, Suite
    from handrail.conformance.report import ConformanceReport

app = typer.Typer()
MOST_LANES = 8


@app.command()
def conformance(
    business: Annotated[str, typer.Argument(help="An example's name, or any package.", show_default=False)],
    tasks: Annotated[Path, typer.Option("--tasks", help="The file of tasks.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option("--data", help="The folder of the data set; else as the business's setting says.")
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="Make each task worse in every way that applies.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many tasks.")] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=MOST_LANES, help="Houses side by side, each with its own database.")
    ] = min(max(os.cpu_count() or 1, 1), 4),
    as_json: Json = False,
) -> None:
    """Play each task's expected actions through a throw-away stack and compare the database; then make each task worse."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.conformance.plays import load_suite, package_of
    from handrail.conformance.run import conformance as run

    package = package_of(business)
    suite = load_suite(package, tasks, data)
    report = run_async(run(package, suite, chosen(suite, limit, every=every), workers, progress))
    if as_json:
        print_document(report.document())
    else:
        show(report)
    if report.failures:
        raise typer.Exit(Exit.UNEXPECTED)


def chosen(suite: Suite, limit: int | None, *, every: bool) -> list[Play]:
    """The first tasks as they stand, then made worse."""
    names = list(suite.tasks)[:limit]
    return [suite.play(name) for name in names] + [play for name in names for play in suite.worse(name, every=every)]


def show(report: ConformanceReport) -> None:
    """The figures as a table, then what is wrong."""
    from handrail.cli.common.tables import plain, screen, table

    found = report.document()
    rows: list[tuple[object, ...]] = [("as the tasks stand", f"{found['equal']}/{found['tasks']} equal", "", "", "")]
    for kind, counts in found["kinds"].items():
        stopped = counts["refused"] + counts["held"]
        rows.append(
            (kind, f"{stopped}/{counts['mutations']} stopped", counts["refused"], counts["held"], counts["applied"]),
        )
    stopped = found["refused"] + found["held"]
    rows.append(
        ("all made worse", f"{stopped}/{found['mutations']} stopped", found["refused"], found["held"], found["applied"])
    )
    screen().print(table(("plays", "came out", "refused", "held", "applied"), rows, title=f"{report.package}"))
    for failure in found["failures"]:
        about = f"{failure['task']}, {failure['kind']}" if failure["kind"] else failure["task"]
        screen().print(plain(f"task {about}: {failure['came']}: {failure['words']}"))
        for line in failure["log"]:
            typer.echo(plain(f"  worker: {line}"))
    screen().print(f"{len(report.results)} plays in {found['seconds']:.0f} s")
