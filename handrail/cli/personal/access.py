"""`handrail access`: all that is held of a customer, for the customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

app = typer.Typer()


@app.command()
def access(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Write it to this file: .json, or .md to read.")
    ] = None,
    addresses: Annotated[
        list[str] | None,
        typer.Option("--address", help="A mail address of theirs, beside those that are known.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give out all that is held of a customer, and nothing of others."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen
    from handrail.domain.case.messages import check_identifier
    from handrail.personal.access import page

    found = run_async(held(world(ctx), check_identifier("CUSTOMER", customer), addresses or []))
    if out is not None:
        write(out, found)
        screen().print(f"{len(found['entries'])} entries written to {out}.")
    elif as_json:
        print_document(found)
    else:
        typer.echo(page(found), nl=False)


async def held(place: CliContext, customer: str, addresses: list[str]) -> dict[str, Any]:
    """All that is held. Raises: Unreachable."""
    from handrail.mail.reading.mail import read_mail
    from handrail.personal.access import everything
    from handrail.postgres.personal.record import PostgresPersonal

    async with place.pool() as pool:
        return await everything(PostgresPersonal(pool), customer, lambda raw: read_mail(raw, "").text, addresses)


def write(out: Path, found: dict[str, Any]) -> None:
    """Write the file, for its owner alone to read. Raises: InvalidInput: it cannot be written."""
    import json

    from handrail.domain.errors import InvalidInput
    from handrail.personal.access import page

    text = page(found) if out.suffix == ".md" else json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    try:
        out.touch(mode=0o600)
        out.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(
            f"--out: {out} cannot be written ({error.strerror}). Name a file in a folder that is there."
        ) from error
