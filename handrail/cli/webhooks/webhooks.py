"""`handrail webhooks …`: where events are sent, with which secrets, and what nobody took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.webhooks import NumberedSecret
    from handrail.webhooks.managing import WebhookOffice

app = typer.Typer(no_args_is_help=True, help="Webhooks: where events are sent, signed, until they are taken.")
Done = TypeVar("Done")
EndpointId = Annotated[str, typer.Argument(metavar="ID", help="As `webhooks list` shows it.", show_default=False)]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="https://… that takes POSTs.", show_default=False)],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the receiver.", show_default=False)],
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="A kind of event; again for more.", show_default="all")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Of `waiting`: decisions that take this role; again for more.")
    ] = None,
    queue: Annotated[
        list[str] | None, typer.Option("--queue", help="Of `waiting`: cases in this queue; again for more.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send events there from now on, and show the signing secret, once."""
    from handrail.domain.case.messages import check_name
    from handrail.domain.webhooks import kinds_of, wanted_of

    whose = check_name("--owner", owner)
    wanted = wanted_of(kinds_of(kind or []), role or [], queue or [])
    _show_secret(ctx, lambda office: office.add(url, wanted, whose), as_json=as_json)


@app.command("list")
def list_webhooks(ctx: typer.Context, as_json: Json = False) -> None:
    """List where events are sent."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    found = _asked(ctx, lambda office: office.all())
    if as_json:
        return print_document([one.model_dump(mode="json") for one in found])
    rows = [
        (
            one.endpoint_id,
            one.url,
            one.in_words,
            one.owner,
            moment(one.added_at),
            one.disabled_because or "yes",
        )
        for one in found
    ]
    headings = ("webhook", "url", "kinds", "owner", "since", "disabled because")
    return print_rows(headings, rows, "Nothing is sent anywhere. Add a place: handrail webhooks add URL --owner YOU.")


@app.command()
def remove(ctx: typer.Context, endpoint_id: EndpointId, as_json: Json = False) -> None:
    """Send nothing more there, for good."""
    _asked(ctx, lambda office: office.remove(endpoint_id))
    _tell({"endpoint_id": endpoint_id, "removed": True}, f"Nothing more is sent to {endpoint_id}.", as_json=as_json)


@app.command()
def rotate(ctx: typer.Context, endpoint_id: EndpointId, as_json: Json = False) -> None:
    """Make a new secret and show it, once; the one before signs on beside it for a day."""
    _show_secret(ctx, lambda office: office.rotate(endpoint_id), as_json=as_json)


@app.command("test")
def send_test(ctx: typer.Context, endpoint_id: EndpointId, as_json: Json = False) -> None:
    """Send a signed test message now, from here, and tell the answer. Ends with exit code 3 where it is not taken."""
    from handrail.cli.common.failures import Exit

    answered = _asked(ctx, lambda office: office.test(endpoint_id))
    _tell(answered.model_dump(mode="json"), f"{endpoint_id}: {answered.words}.", as_json=as_json)
    if not answered.taken:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def replay(
    ctx: typer.Context,
    endpoint_id: EndpointId,
    message: Annotated[
        str | None, typer.Option("--message", help="This one, whatever became of it.", show_default="all dead ones")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send dead messages again, each under its own id; an endpoint that was disabled is enabled."""
    number = _asked(ctx, lambda office: office.replay(endpoint_id, message))
    _tell({"replayed": number}, f"{number} messages are sent again.", as_json=as_json)


@app.command()
def dead(
    ctx: typer.Context,
    endpoint_id: Annotated[str | None, typer.Argument(metavar="ID", help="One webhook.", show_default="all")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """List messages that nobody took in three days, and why."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    found = _asked(ctx, lambda office: office.dead(endpoint_id, limit))
    if as_json:
        return print_document([one.model_dump(mode="json") for one in found])
    rows = [
        (
            one.message_id,
            one.endpoint_id,
            one.case_id,
            one.sequence,
            one.kind,
            one.attempts,
            one.words,
            moment(one.attempted_at),
        )
        for one in found
    ]
    return print_rows(
        ("message", "webhook", "case", "no.", "kind", "attempts", "last", "at"), rows, "Every message was taken."
    )


def _asked(ctx: typer.Context, work: Callable[[WebhookOffice], Awaitable[Done]]) -> Done:
    return run_async(_with(world(ctx), work))


async def _with(here: CliContext, work: Callable[[WebhookOffice], Awaitable[Done]]) -> Done:
    from handrail.wiring.front.house import webhook_office

    async with here.pool() as pool:
        return await work(webhook_office(here.settings, pool, here.temporal))


def _show_secret(ctx: typer.Context, work: Callable[[WebhookOffice], Awaitable[NumberedSecret]], *, as_json: bool) -> None:
    async def both(office: WebhookOffice) -> tuple[str, str]:
        made = await work(office)
        return made.endpoint_id, await office.reveal(made)

    endpoint_id, secret = _asked(ctx, both)
    words = f"{endpoint_id}\nSecret, shown this once: {secret}"
    _tell({"endpoint_id": endpoint_id, "secret": secret}, words, as_json=as_json)


def _tell(document: dict[str, object], words: str, *, as_json: bool) -> None:
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    if as_json:
        return print_document(document)
    return screen().print(plain(words))
