"""`handrail keys …`: keys of the HTTP API. A key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from handrail.cli.access.masters import app as masters
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.access.keys import ApiKey, KeyParts
    from handrail.postgres.access.keys import PostgresApiKeys

app = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API, and master keys of encryption.")
app.add_typer(masters, name="master")
Done = TypeVar("Done")
Actor = Annotated[str, typer.Option("--actor", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]
KeyId = Annotated[str, typer.Argument(help="The key's id: the part behind hr_ENVIRONMENT_.")]


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", help="What it is for, such as web-shop.", show_default=False)],
    actor: Actor,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it may, again for more.", show_default="cases:read, cases:write, queue:read"),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", help="Who decides with it, by a name of reviewers.yaml.", show_default=False),
    ] = None,
    environment: Annotated[str, typer.Option("--environment", help="Stands in the key: live, test, …")] = "live",
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3_650, help="How long it counts.", show_default="for good")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, once."""
    from handrail.api.access.minting import mint
    from handrail.domain.access.principals import BACKEND

    now = datetime.now(UTC)
    expires_at = now + timedelta(days=days) if days else None
    key, parts = mint(name, scope or BACKEND, at=now, by=actor, environment=environment, person=person, expires_at=expires_at)
    run_async(_kept(world(ctx), lambda keys: keys.add(key)))
    _show_new(key, parts, as_json=as_json)


@app.command("list")
def list_keys(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    as_json: Json = False,
) -> None:
    """List the keys, without their secrets."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    now = datetime.now(UTC)
    found = [one for one in run_async(_kept(world(ctx), lambda keys: keys.all())) if everything or one.lives(now)]
    if as_json:
        return print_document([_told(one) for one in found])
    rows = [
        (
            one.key_id,
            one.name,
            one.environment,
            ", ".join(sorted(one.scopes)),
            one.person,
            _state(one, now),
            moment(one.last_used_at),
        )
        for one in found
    ]
    headings = ("key", "name", "env", "scopes", "person", "counts", "last used")
    return print_rows(headings, rows, "No key counts. Make one: handrail keys create --name NAME --actor YOU.")


@app.command()
def revoke(ctx: typer.Context, key_id: KeyId, actor: Actor, as_json: Json = False) -> None:
    """End a key within seconds, for good."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    now = datetime.now(UTC)
    gone = run_async(_kept(world(ctx), lambda keys: keys.revoke(key_id, actor, now)))
    if as_json:
        print_document(_told(gone))
    else:
        screen().print(plain(f"{gone.key_id} ({gone.name}) does not count any more."))


@app.command()
def rotate(
    ctx: typer.Context,
    key_id: KeyId,
    actor: Actor,
    hours: Annotated[float, typer.Option("--hours", min=0, max=720, help="How long the old one still counts.")] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a second key of the same caller, and show it, once; the old one ends by itself."""
    from handrail.api.access.minting import mint
    from handrail.domain.access.principals import BACKEND

    now = datetime.now(UTC)

    async def work(keys: PostgresApiKeys) -> tuple[ApiKey, KeyParts]:
        old = await keys.find(key_id)
        key, parts = mint("rotated", BACKEND, at=now, by=actor, environment=old.environment if old else "live")
        return await keys.rotate(key_id, key, now + timedelta(hours=hours)), parts

    fresh, parts = run_async(_kept(world(ctx), work))
    _show_new(fresh, parts, as_json=as_json)


async def _kept(place: CliContext, work: Callable[[PostgresApiKeys], Awaitable[Done]]) -> Done:
    from handrail.postgres.access.keys import PostgresApiKeys

    async with place.pool() as pool:
        return await work(PostgresApiKeys(pool))


def _show_new(key: ApiKey, parts: KeyParts, *, as_json: bool) -> None:
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_pairs

    if as_json:
        return print_document({**_told(key), "key": parts.text})
    return print_pairs(
        (
            ("Key", parts.text),
            ("Keep it", "It is not shown again; only its hash is kept."),
            ("Scopes", ", ".join(sorted(key.scopes))),
            ("Person", key.person),
            ("Until", moment(key.expires_at)),
        )
    )


def _told(key: ApiKey) -> dict[str, object]:
    return {**key.model_dump(mode="json", exclude={"secret_hash"}), "scopes": sorted(key.scopes)}


def _state(key: ApiKey, now: datetime) -> str:
    from handrail.cli.common.tables import moment

    if not key.lives(now):
        return "no, revoked" if key.revoked_at else "no, expired"
    return f"until {moment(key.expires_at)}" if key.expires_at else "yes"
