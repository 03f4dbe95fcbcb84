"""`handrail webhooks …`: where events are sent, with which secrets, and what nobody took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import uuid4

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.webhooks import Answered, DeadMessage, DeliveryRequest, WebhookEndpoint
    from handrail.postgres.pool import Pool

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
    as_json: Json = False,
) -> None:
    """Send events there from now on, and show the signing secret, once."""
    from handrail.domain.case.messages import check_name
    from handrail.domain.webhooks import kinds_of
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks
    from handrail.webhooks.addresses import check_url
    from handrail.webhooks.sealing import KeySeal, new_secret

    settings = world(ctx).settings
    wanted, whose = kinds_of(kind or []), check_name("--owner", owner)
    check_url(url, loopback=settings.webhooks_loopback)
    secret, endpoint_id = new_secret(), f"wh-{uuid4().hex[:12]}"
    sealed = KeySeal(settings.webhook_key.get_secret_value()).seal(secret)

    async def work(pool: Pool) -> WebhookEndpoint:
        return await PostgresWebhooks(pool).add(endpoint_id, url, wanted, whose, sealed)

    _show_secret(run_async(_with(world(ctx), work)).endpoint_id, secret, as_json=as_json)


@app.command("list")
def list_webhooks(ctx: typer.Context, as_json: Json = False) -> None:
    """List where events are sent."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks

    async def work(pool: Pool) -> list[WebhookEndpoint]:
        return await PostgresWebhooks(pool).all()

    found = run_async(_with(world(ctx), work))
    if as_json:
        return print_document([one.model_dump(mode="json") for one in found])
    rows = [
        (
            one.endpoint_id,
            one.url,
            ", ".join(one.kinds) or "all",
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
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks

    run_async(_with(world(ctx), lambda pool: PostgresWebhooks(pool).remove(endpoint_id)))
    _tell({"endpoint_id": endpoint_id, "removed": True}, f"Nothing more is sent to {endpoint_id}.", as_json=as_json)


@app.command()
def rotate(ctx: typer.Context, endpoint_id: EndpointId, as_json: Json = False) -> None:
    """Make a new secret and show it, once; the one before signs on beside it for a day."""
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks
    from handrail.webhooks.sealing import KeySeal, new_secret

    secret = new_secret()
    sealed = KeySeal(world(ctx).settings.webhook_key.get_secret_value()).seal(secret)
    run_async(_with(world(ctx), lambda pool: PostgresWebhooks(pool).rotate(endpoint_id, sealed)))
    _show_secret(endpoint_id, secret, as_json=as_json)


@app.command("test")
def send_test(ctx: typer.Context, endpoint_id: EndpointId, as_json: Json = False) -> None:
    """Send a signed test message now, from here, and tell the answer. Ends with exit code 3 where it is not taken."""
    from handrail.cli.common.failures import Exit

    answered = run_async(_with(world(ctx), lambda pool: _send_test(world(ctx), pool, endpoint_id)))
    _tell(answered.model_dump(mode="json"), f"{endpoint_id} {answered.words}.", as_json=as_json)
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
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks
    from handrail.postgres.webhooks.outbox import PostgresOutbox
    from handrail.temporal.webhooks import deliver

    async def work(pool: Pool) -> list[DeliveryRequest]:
        await PostgresWebhooks(pool).enable(endpoint_id)
        found = await PostgresOutbox(pool).replay(endpoint_id, message)
        waiting = [*found, *await PostgresOutbox(pool).waiting(endpoint_id)]
        here = world(ctx)
        await deliver(await here.temporal(), here.settings.task_queue, waiting, now=True)
        return found

    found = run_async(_with(world(ctx), work))
    _tell({"replayed": len(found)}, f"{len(found)} messages are sent again.", as_json=as_json)


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
    from handrail.postgres.webhooks.outbox import PostgresOutbox

    async def work(pool: Pool) -> list[DeadMessage]:
        return await PostgresOutbox(pool).dead(endpoint_id, limit)

    found = run_async(_with(world(ctx), work))
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


async def _send_test(here: CliContext, pool: Pool, endpoint_id: str) -> Answered:
    import json
    from datetime import UTC, datetime

    from handrail.domain.webhooks import TEST
    from handrail.postgres.webhooks.endpoints import PostgresWebhooks
    from handrail.webhooks.sealing import KeySeal
    from handrail.webhooks.sending import HttpSender

    endpoint, now = await PostgresWebhooks(pool).one(endpoint_id), datetime.now(UTC)
    seal = KeySeal(here.settings.webhook_key.get_secret_value())
    secrets = [seal.open(one) for one in await PostgresWebhooks(pool).secrets(endpoint_id)]
    body = json.dumps({"type": TEST, "timestamp": now.isoformat(), "data": {"endpoint_id": endpoint_id}}).encode()
    sender = HttpSender(loopback=here.settings.webhooks_loopback)
    return await sender.send(endpoint.url, f"msg_{uuid4().hex}", body, secrets, now)


async def _with(here: CliContext, work: Callable[[Pool], Awaitable[Done]]) -> Done:
    async with here.pool() as pool:
        return await work(pool)


def _show_secret(endpoint_id: str, secret: str, *, as_json: bool) -> None:
    words = f"{endpoint_id}\nSecret, shown this once: {secret}"
    _tell({"endpoint_id": endpoint_id, "secret": secret}, words, as_json=as_json)


def _tell(document: dict[str, object], words: str, *, as_json: bool) -> None:
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    if as_json:
        return print_document(document)
    return screen().print(plain(words))
