"""`handrail keys master …`: master keys of encrypted histories: made, looked at, and put in the place of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.access.vault import WrappedCount
    from handrail.ports.vault import MasterKeys

app = typer.Typer(no_args_is_help=True, help="Master keys of encrypted histories: make, look at, change.")
AT_ONCE = 200
"""Keys that are wrapped anew in one transaction."""


@app.command()
def new(as_json: Json = False) -> None:
    """Make a master key and show it, once; nothing else knows it."""
    from handrail.cli.common.documents import print_document
    from handrail.vault.masters import master_id, new_master

    made = new_master()
    if as_json:
        return print_document({"key": made, "id": master_id(made)})
    # The key alone on standard out, so that it can be written into a file.
    typer.echo(f"# {master_id(made)}: set it as HANDRAIL_MASTER_KEYS for worker, API and mail, and keep a copy.", err=True)
    return typer.echo(made)


@app.command()
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show which master keys wrap how many keys, and which of them this command has; exit code 3 where one is missing."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.cli.common.tables import plain, print_rows, screen

    ids, counts, (data, shredded) = run_async(_looked(world(ctx)))
    told = {one.master: one for one in counts}
    rows = [(name, _use(name, ids), told[name].all if name in told else 0) for name in [*ids, *(set(told) - set(ids))]]
    missing = sorted(set(told) - set(ids))
    if as_json:
        masters = [{"id": name, "use": use, "wraps": wraps} for name, use, wraps in rows]
        print_document({"masters": masters, "data_keys": data, "shredded": shredded, "missing": missing})
    else:
        print_rows(("master key", "here", "wraps"), rows, "No master key is named, and none is in use.")
        screen().print(plain(f"{data} keys of workflows, {shredded} shredded."))
        if any(one.master != ids[0] for one in counts if ids):
            screen().print(plain("Some are not under the first one: handrail keys master rewrap"))
    if missing:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def rewrap(ctx: typer.Context, as_json: Json = False) -> None:
    """Put every key under the first master key; what was done stays done, and others may work meanwhile."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    done, first, left = run_async(_rewrapped(world(ctx)))
    if as_json:
        print_document({"rewrapped": done, "first": first, "left": left})
    else:
        after = "The others may go." if not left else f"{left} are others' at this moment; run it again."
        screen().print(plain(f"{done} wrapped anew with {first}. {after}"))


def _use(name: str, ids: Sequence[str]) -> str:
    if name not in ids:
        return "no: put it back"
    return "yes, wraps" if name == ids[0] else "yes"


async def _looked(place: CliContext) -> tuple[Sequence[str], list[WrappedCount], tuple[int, int]]:
    from handrail.postgres.vault.keys import PostgresKeyRotation
    from handrail.wiring.sealing import masters_of

    masters = masters_of(place.settings)
    async with place.pool() as pool:
        rotation = PostgresKeyRotation(pool)
        return masters.ids if masters else (), await rotation.counts(), await rotation.totals()


async def _rewrapped(place: CliContext) -> tuple[int, str, int]:
    """Raises: InvalidInput: no master key is named. KeyUnknown: one that is needed is not."""
    from handrail.postgres.vault.keys import PostgresKeyRotation
    from handrail.vault.hierarchy import rewrapped

    masters = _named(place)
    async with place.pool() as pool:
        rotation, done, behind = PostgresKeyRotation(pool), 0, ""
        while True:
            count, behind = await rotation.rewrap(masters.first, lambda key: rewrapped(masters, key), behind, AT_ONCE)
            done += count
            if not count:
                return done, masters.first, sum(one.all for one in await rotation.counts() if one.master != masters.first)


def _named(place: CliContext) -> MasterKeys:
    from handrail.domain.errors import InvalidInput
    from handrail.wiring.sealing import masters_of

    masters = masters_of(place.settings)
    if masters is None:
        raise InvalidInput("HANDRAIL_MASTER_KEYS: names no master key. Set it, the new key first, the old ones behind it.")
    return masters
