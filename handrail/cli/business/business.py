"""`handrail business`: check a whole package, and write a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.checking.findings import PackageReport

app = typer.Typer(no_args_is_help=True, help="A company's business: check its package whole, write a new one.")


@app.command()
def check(
    ctx: typer.Context,
    package: Annotated[
        str | None, typer.Argument(metavar="[PACKAGE]", help="By default what HANDRAIL_BUSINESS names.")
    ] = None,
    data: Annotated[bool, typer.Option(help="Also seed and call it, over a throw-away PostgreSQL.")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Notes fail, too.")] = False,
    as_json: Json = False,
) -> None:
    """Check tools, files, names across them, examples and data. Exit code 1 where something is wrong. Needs no stack."""
    from handrail.checking.check import check as run
    from handrail.cli.common.documents import print_document

    settings = world(ctx).settings
    name = package or settings.business
    folder = settings.definitions if name == settings.business else None
    done = run(name, folder=folder, data=data)
    passed = not (done.findings if strict else done.errors)
    if as_json:
        print_document({"passed": passed, **done.model_dump(mode="json")})
    else:
        show(done, passed=passed)
    if not passed:
        raise typer.Exit(Exit.UNEXPECTED)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The package's name, for example acme.")],
    into: Annotated[Path, typer.Option("--into", help="The folder in which it is written.", show_default=".")] = Path(),
    as_json: Json = False,
) -> None:
    """Write a small business that works: a look-up, an effect, topics, a policy, people, reviewers, a matrix, tests."""
    from handrail.checking.starting import write
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain

    files = write(name, into)
    if as_json:
        print_document({"business": name, "folder": str(into / name), "files": [str(one) for one in files]})
        return
    for file in files:
        typer.echo(plain(str(file)))
    here = f"cd {into} && " if into != Path() else ""
    typer.echo(plain(f"\nNext: {here}handrail business check {name}, then HANDRAIL_BUSINESS={name} handrail up"))


def show(done: PackageReport, *, passed: bool) -> None:
    """A row for each part, then each finding with its place."""
    from handrail.checking.findings import CheckPart, Severity
    from handrail.cli.common.tables import plain, print_rows
    from handrail.domain.counting import many

    rows = []
    for part in CheckPart:
        errors = sum(one.severity is Severity.ERROR for one in done.of(part))
        notes = len(done.of(part)) - errors
        looked = done.looked_at.get(part)
        if looked is None and not errors and not notes:
            continue
        verdict = "FAILS" if errors else "ok" if looked else "not looked at"
        rows.append((part, looked or "cannot be used", verdict, many(notes, "note") if notes else ""))
    print_rows(("part", "there is", "", ""), rows, "")
    for severity, word in ((Severity.ERROR, ""), (Severity.NOTE, "note: ")):
        for one in done.findings:
            if one.severity is severity:
                typer.echo(plain(f"{one.file}:{one.line}: {word}{one.words}"))
    counted = f"{many(len(done.errors), 'error')}, {many(len(done.findings) - len(done.errors), 'note')}"
    typer.echo(f"{done.business}: {counted}: {'passed' if passed else 'FAILED'}.")
