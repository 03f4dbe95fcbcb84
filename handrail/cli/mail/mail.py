"""`handrail mail …`: read and send mail, and look at what came in and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.mail import MailDisposition, MailEntry
    from handrail.postgres.channels.mail import PostgresMail

app = typer.Typer(no_args_is_help=True, help="Mail: read a mailbox, send replies, look at what came and went.")
Done = TypeVar("Done")
MailId = Annotated[str, typer.Argument(metavar="MAIL", help="As `mail list` shows it.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", help="A file that does not exist yet.", show_default=False)]


@app.command()
def run(ctx: typer.Context) -> None:
    """Read and send mail until Ctrl-C or SIGTERM; `handrail up` does it too where HANDRAIL_MAIL_IMAP is set."""
    from handrail.wiring.front.mail import serve
    from handrail.wiring.logs import begin_logs

    settings = world(ctx).settings
    begin_logs(settings, "imapclient", "aiosmtplib")
    run_async(serve(settings))


@app.command("list")
def list_mail(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Option("--case", help="Of one case.", show_default=False)] = None,
    became: Annotated[
        str | None, typer.Option("--became", help="opened, continued, people, automatic, bounce, own or unreadable.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="So many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List mail in and out: what became of it and why, with attachments by reference."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    wanted = _disposition(became)
    found = run_async(_with(world(ctx), lambda record: record.entries(case_id=case, disposition=wanted, most=limit)))
    if as_json:
        return print_document([one.model_dump(mode="json") for one in found])
    headings = ("mail", "at", "", "with", "subject", "became", "case", "words", "attachments")
    return print_rows(headings, [_row(one) for one in found], "No mail has come or gone.")


@app.command()
def source(ctx: typer.Context, mail_id: MailId, out: Out) -> None:
    """Write a mail to a file as it came or went. Open it with care: it is what a stranger sent."""
    _write(out, _source(world(ctx), mail_id))


@app.command()
def attachment(
    ctx: typer.Context,
    mail_id: MailId,
    position: Annotated[int, typer.Argument(help="As `mail list --json` shows it.", show_default=False)],
    out: Out,
) -> None:
    """Write an attachment to a file, where it is not refused. Open it with care: it is what a stranger sent."""
    from handrail.mail.reading.attached import attachment_of

    _write(out, attachment_of(_source(world(ctx), mail_id), position))


def _disposition(became: str | None) -> MailDisposition | None:
    from handrail.domain.errors import InvalidInput
    from handrail.domain.mail import MailDisposition

    if became is not None and became not in set(MailDisposition):
        raise InvalidInput(f"--became: {became[:40]!r} is none of {', '.join(MailDisposition)}.")
    return MailDisposition(became) if became else None


def _row(one: MailEntry) -> tuple[str, ...]:
    from handrail.cli.common.tables import moment

    return (
        one.mail_id,
        moment(one.at),
        "in" if one.incoming else "out",
        (one.sender if one.incoming else one.recipient) or "",
        one.subject[:60],
        one.disposition,
        one.case_id or "",
        one.words,
        "; ".join(f"{each.position}: {each.name} ({each.size:,} bytes, {each.kind})" for each in one.attachments),
    )


def _source(context: CliContext, mail_id: str) -> bytes:
    from handrail.domain.errors import InvalidInput

    found = run_async(_with(context, lambda record: record.raw(mail_id)))
    if found is None:
        raise InvalidInput(f"MAIL: there is no mail {mail_id[:60]!r}. List it with `handrail mail list`.")
    if not found:
        raise InvalidInput(
            f"MAIL: the source of {mail_id[:60]!r} has gone; it is kept for HANDRAIL_MAIL_SOURCE_DAYS. "
            "What it said stands in its case."
        )
    return found


def _write(out: Path, content: bytes) -> None:
    from handrail.domain.errors import InvalidInput

    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise InvalidInput(
            f"--out: {out} cannot be written ({error.strerror}). Name a file that does not exist yet."
        ) from error
    typer.echo(f"{len(content):,} bytes in {out}")


async def _with(context: CliContext, work: Callable[[PostgresMail], Awaitable[Done]]) -> Done:
    from handrail.postgres.channels.mail import PostgresMail

    async with context.pool() as pool:
        return await work(PostgresMail(pool))
