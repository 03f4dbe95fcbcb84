"""`handrail matrix`: where cases go, as a page, and whether that is so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.world import CliContext, world
from handrail.domain.counting import many

if TYPE_CHECKING:
    from handrail.matrix.examples import MatrixTrial
    from handrail.matrix.loader import FileMatrix

app = typer.Typer(no_args_is_help=True, help="The matrix, which says where cases go that leave the agent: test it, print it.")
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The business's own, where none is named.")]
PEOPLE = "people.yaml"


def matrix(place: CliContext, file: Path | None) -> tuple[Path, FileMatrix]:
    """The matrix and where it stands. Raises: DefinitionInvalid."""
    from handrail.matrix.loader import FileMatrix
    from handrail.topics.loader import FileTopics

    folder = place.settings.definitions or place.business.folder
    where = file or folder / "matrix.yaml"
    beside = where.parent / "topics"
    topics = [one.name for one in FileTopics(beside, place.business.by_name).all()] if beside.is_dir() else None
    return where, FileMatrix(where, topics=topics, facts=place.business.customer_facts)


@app.command("test")
def run_examples(
    ctx: typer.Context,
    file: File = None,
    strict: Annotated[bool, typer.Option("--strict", help="A row that no example reaches fails, too.")] = False,
    as_json: Json = False,
) -> None:
    """Try the examples in the file, and look for queues that nobody works in. Exit code 1 where something is wrong."""
    from handrail.matrix.examples import trial

    where, found = matrix(world(ctx), file)
    rows = found.now()
    tried = trial(rows, str(where))
    unstaffed = nobody_in(found, where.parent / PEOPLE)
    passed = tried.passed and not unstaffed and not (strict and tried.unproven)
    document = {
        "file": str(where),
        "version": found.version,
        "passed": passed,
        "rows": len(rows.table.rows),
        "examples": len(tried.tried),
        "failed": [
            {"case": one.case.model_dump(mode="json", exclude_defaults=True), "wanted": one.wanted, "taken": one.taken}
            for one in tried.tried
            if not one.passed
        ],
        "unproven": tried.unproven,
        "unstaffed": unstaffed,
    }
    show_trial(document, tried, as_json=as_json)
    if not passed:
        raise typer.Exit(Exit.UNEXPECTED)


def nobody_in(found: FileMatrix, file: Path) -> list[dict[str, Any]]:
    """Rows and their steps that lead to a queue in which nobody of the file works; nothing where there is no such file."""
    from handrail.domain.team.staff import Need
    from handrail.people.loader import FilePeople

    if not file.exists():
        return []
    roster, rows = FilePeople(file).roster(), found.now()
    steps = [(row.id, row.queue, row.tier) for row in rows.table.rows]
    steps += [(row.id, one.queue, one.tier) for row in rows.table.rows for one in rows.chain(row)]
    return [
        {"row": row, "queue": queue, "tier": tier}
        for row, queue, tier in dict.fromkeys(steps)
        if not roster.able(Need(queue=queue, tier=tier))
    ]


def show_trial(document: dict[str, Any], tried: MatrixTrial, *, as_json: bool) -> None:
    """Show what went wrong, and a line that sums it up."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen

    if as_json:
        print_document(document)
        return
    wrong = [(one["wanted"], one["taken"], about(one["case"])) for one in document["failed"]]
    if wrong:
        print_rows(("wanted", "taken", "case"), wrong, "")
    for one in document["unstaffed"]:
        screen().print(plain(f"Nobody works in queue {one['queue']} at tier {one['tier']} (row {one['row']})."))
    if tried.unproven:
        screen().print(plain(f"No example reaches: {', '.join(tried.unproven)}."))
    good = sum(one.passed for one in tried.tried)
    examples, rows = many(len(tried.tried), "example"), many(document["rows"], "row")
    counted = f"{good} of {examples} as wanted; {rows}"
    screen().print(plain(f"{counted}, version {document['version']}: {'passed' if document['passed'] else 'FAILED'}."))


def about(case: dict[str, Any]) -> str:
    """An example's case in a line."""
    return ", ".join(f"{name} {value}" for name, value in case.items())


@app.command()
def show(
    ctx: typer.Context,
    file: File = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page that prints to this file.", show_default=False)
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print markdown.")] = False,
    as_json: Json = False,
) -> None:
    """The matrix as people read it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen, table
    from handrail.domain.errors import InvalidInput
    from handrail.matrix import page

    _, found = matrix(world(ctx), file)
    rows = found.now()
    if html is not None:
        try:
            html.write_text(page.html(rows, found.version), encoding="utf-8")
        except OSError as error:
            raise InvalidInput(
                f"--html: {html} cannot be written ({error.strerror}). Name a file in a folder there is."
            ) from error
    if as_json:
        print_document({**rows.table.model_dump(mode="json", exclude_none=True, by_alias=True), "version": found.version})
    elif markdown:
        sys.stdout.write(page.markdown(rows, found.version))
    elif html is not None:
        screen().print(plain(f"Written: {html}"))
    else:
        told = len(page.HEAD) - 1
        lines = [page.cells(rows, place, row) for place, row in enumerate(rows.table.rows, 1)]
        screen().print(table(page.HEAD[:told], [["\n".join(cell) for cell in line[:told]] for line in lines]))
        screen().print(plain(f"Version {found.version}. The first row that matches decides; --markdown shows what is told."))
