"""`handrail audit …`: prove that nothing was changed, and hand it out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.record.counts import count

if TYPE_CHECKING:
    from handrail.domain.audit import Anchor, AuditReport, Link

app = typer.Typer(no_args_is_help=True, help="The audit: check its chain of hashes, hand it out.")
CaseOption = Annotated[str | None, typer.Option("--case", help="One case only.", show_default=False)]
FORMAT = "handrail-audit"
app.command()(count)


@app.command()
def verify(
    ctx: typer.Context,
    case_id: CaseOption = None,
    file: Annotated[Path | None, typer.Option("--file", dir_okay=False, help="An export, instead of the database.")] = None,
    anchors: Annotated[
        list[str] | None,
        typer.Option("--anchor", metavar="SEQUENCE:HASH", help="Kept from earlier; may be repeated.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute every hash anew. Ends with exit code 5 at the first entry that was changed, removed, moved or put in."""
    from handrail.domain.audit import Anchor
    from handrail.domain.errors import InvalidInput

    if file and case_id:
        raise InvalidInput("--case: goes with the database, not with --file: an export says itself what it is of.")
    kept = [Anchor.parse(one) for one in anchors or []]
    report = check_file(file, kept) if file else run_async(check_database(world(ctx), case_id, kept))
    show(report, as_json=as_json)
    if report.broken:
        raise typer.Exit(Exit.CONFLICT)


@app.command()
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The file to write, JSON lines.", show_default=False)],
    case_id: CaseOption = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="UTC.", show_default=False)
    ] = None,
    with_history: Annotated[
        bool, typer.Option("--with-history", help="Add who sent each update and signal, as Temporal's history says.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the entries with their hashes and an anchor, so that anybody can check them with `audit verify --file`."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen
    from handrail.domain.counting import many

    summary = run_async(write(world(ctx), out, case_id, since, with_history=with_history))
    if as_json:
        print_document(summary)
    else:
        entries = many(summary["entries"], "entry", "entries")
        screen().print(f"{entries} written to {out}. Anchor, to be kept elsewhere: {summary['anchor']}")


async def check_database(place: CliContext, case_id: str | None, anchors: list[Anchor]) -> AuditReport:
    """The chain as it stands, and that nothing happened which it does not hold."""
    from handrail.domain.audit import Checker
    from handrail.domain.audit import verify as verify_links
    from handrail.domain.errors import UnknownCase
    from handrail.postgres.case.audit import PostgresAudit

    async with place.pool() as pool, PostgresAudit(pool).trail(case_id) as trail:
        checker = Checker(contiguous=case_id is None, anchors=anchors)
        report = await verify_links(trail.links(), checker, trail.head)
        if case_id and not report.checked and not report.broken:
            raise UnknownCase(f"--case: the audit holds nothing of {case_id[:120]!r}. `handrail case list` shows the cases.")
        stands = report.broken is None or report.broken in report.unreadable
        unseen = await trail.unwitnessed() if stands else None
        return report.model_copy(update={"broken": unseen}) if unseen else report


async def write(
    place: CliContext, out: Path, case_id: str | None, since: datetime | None, *, with_history: bool
) -> dict[str, Any]:
    """Write the export; says what was written. Raises: InvalidInput: the file cannot be written."""
    from datetime import UTC

    from handrail.domain.audit import canonical
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.case.audit import PostgresAudit

    if not out.parent.is_dir():
        raise InvalidInput(f"--out: there is no folder {out.parent}. Create it, or name another file.")
    moment = since.replace(tzinfo=UTC) if since else None
    head: dict[str, Any] = {"format": FORMAT, "version": 1, "case": case_id, "since": moment.isoformat() if moment else None}
    entries, last = 0, None
    async with place.pool() as pool, PostgresAudit(pool).trail(case_id, moment) as trail, joined(place, with_history) as told:
        with writing(out) as file:
            file.write(canonical(head) + "\n")
            async for link in trail.links():
                file.write(text_of(link, await told(link)) + "\n")
                entries, last = entries + 1, f"{link.sequence}:{link.hash}"
            anchor = str(trail.head) if case_id is None else last or f"0:{'0' * 64}"
            file.write(canonical({"entries": entries, "anchor": anchor}) + "\n")
    return {"file": str(out), "entries": entries, "anchor": anchor}


@contextmanager
def writing(out: Path) -> Iterator[TextIO]:
    """The open file. Raises: InvalidInput: it cannot be written, or not to its end."""
    from handrail.domain.errors import InvalidInput

    try:
        with out.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise InvalidInput(f"--out: {out} cannot be written: {error.strerror}. Name a file with room for it.") from error


@asynccontextmanager
async def joined(place: CliContext, wanted: bool) -> AsyncIterator[Callable[[Link], Awaitable[dict[str, Any]]]]:
    """Give the function that joins what the cases' own histories add to an entry; nothing where it is not asked for."""
    if not wanted:
        yield nothing
        return
    from handrail.temporal.identity import Senders

    senders = Senders(await place.temporal())

    async def told(link: Link) -> dict[str, Any]:
        found = await senders.of(link.case_id, link.details or {})
        return {"history": [one.model_dump(mode="json") for one in found]} if found else {}

    yield told


async def nothing(link: Link) -> dict[str, Any]:
    """Add nothing: no history was asked for."""
    return {}


def line_of(link: Link) -> dict[str, Any]:
    """A link as a line."""
    fields = {name: value for name, value in link if name != "unread" or value}
    return {**fields, "at": link.at.isoformat() if link.at else None}


def text_of(link: Link, told: dict[str, Any]) -> str:
    """The line's text; an entry that cannot be written leaves its place, and says so."""
    from handrail.domain.audit import FAULTS, canonical

    try:
        return canonical({**line_of(link), **told})
    except FAULTS as error:
        return canonical({**line_of(link.without_entry(error)), **told})


def check_file(file: Path, anchors: list[Anchor]) -> AuditReport:
    """The chain as an export holds it.

    Raises:
        InvalidInput: it is no export, or it was cut off.
    """
    from handrail.domain.audit import Checker
    from handrail.domain.errors import InvalidInput

    if not file.is_file():
        raise InvalidInput(f"--file: there is no file {file}. Write one with `handrail audit export --out {file}`.")
    with file.open(encoding="utf-8", errors="replace") as lines:
        head = read_line(file, 1, next(lines, ""))
        if head.get("format") != FORMAT or head.get("version") != 1:
            raise InvalidInput(f"{file}:1: is no export of the audit. Write one with `handrail audit export --out FILE`.")
        checker = Checker(contiguous=head.get("case") is None, from_start=head.get("since") is None, anchors=anchors)
        for number, text in enumerate(lines, start=2):
            line = read_line(file, number, text)
            if "anchor" in line:
                return checker.finish(None if head.get("case") else anchor_of_line(file, number, line))
            if not checker.take(link_of_line(file, number, line)):
                return checker.finish()
    raise InvalidInput(f"{file}: has no last line with the anchor, so its end is missing. Export it again.")


def read_line(file: Path, number: int, text: str) -> dict[str, Any]:
    """The line's object. Raises: InvalidInput."""
    from handrail.domain.audit import FAULTS, parsed
    from handrail.domain.errors import InvalidInput

    try:
        found = parsed(text)
    except FAULTS as error:
        raise InvalidInput(f"{file}:{number}: is no JSON that can be read. Export it again.") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file}:{number}: is no JSON object. Export it again.")
    return found


def link_of_line(file: Path, number: int, line: dict[str, Any]) -> Link:
    """The link that the line holds. Raises: InvalidInput."""
    from handrail.domain.audit import FAULTS, Link
    from handrail.domain.errors import InvalidInput

    try:
        return Link.model_validate(line)
    except FAULTS as error:
        raise InvalidInput(f"{file}:{number}: is no entry of the audit. Export it again.") from error


def anchor_of_line(file: Path, number: int, line: dict[str, Any]) -> Anchor:
    """The anchor at the end. Raises: InvalidInput."""
    from handrail.domain.audit import Anchor
    from handrail.domain.errors import InvalidInput

    try:
        return Anchor.parse(str(line["anchor"]))
    except InvalidInput as error:
        raise InvalidInput(f"{file}:{number}: holds no anchor SEQUENCE:HASH. Export it again.") from error


def show(report: AuditReport, *, as_json: bool) -> None:
    """Show what was found."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.counting import many

    if as_json:
        print_document({"ok": report.broken is None, **report.model_dump(mode="json"), "anchor": str(report.head)})
        return
    broken = report.broken
    if broken is None:
        found = f"{many(report.checked, 'entry', 'entries')} of {many(report.cases, 'case')}"
        screen().print(f"Sound: {found}. Anchor, to be kept elsewhere: {report.head}")
        return
    for one in [broken, *(other for other in report.unreadable if other != broken)]:
        where = " ".join(filter(None, [f"entry {one.sequence}" if one.sequence else "", one.case_id, one.entry_id]))
        screen().print(plain(f"BROKEN at {where}: {one.problem}."))
    others = "others" if report.unreadable else "entries before it"
    screen().print(f"{report.checked} {others} are sound.")
