"""`handrail controls models` and its like: the names under which models answer, and the pauses that servers ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.rail import said
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handrail.domain.base import Stored
    from handrail.domain.llm.names import Noticed
    from handrail.postgres.autonomy.models import Ended, PostgresModels, ServerPause

Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.", show_default=False)]
Actor = Annotated[str, typer.Option("--actor", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]


def models(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """Show which models answered, what changed, and which server asks for patience now."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    async def work() -> tuple[list[Noticed], list[ServerPause], list[Ended]]:
        async with world(ctx).pool() as pool:
            record = models_record(pool)
            return await record.notices(limit), await record.pauses(), await record.ended_pauses(limit)

    notices, pauses, ended = run_async(work())
    if as_json:
        return print_document({"notices": listed(notices), "pauses": listed(pauses), "ended_pauses": listed(ended)})
    rows = [(one.served, "paused", "", "", f"its server asks for patience until {moment(one.until)}") for one in pauses]
    rows += [(one.served, one.name, standing(one), moment(one.at), f"{one.actor}: {one.words}") for one in notices]
    rows += [(one.served, "asked again", "", moment(one.at), f"{one.actor}: {one.words}") for one in ended]
    return print_rows(("asked", "answers as", "counts as", "since", "why"), rows, "No model has answered yet.")


def accept_model(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", help="As `controls models` shows it.", show_default=False)],
    reason: Reason,
    actor: Actor,
    as_json: Json = False,
) -> None:
    """Let a name that was noticed count from now on; what was stepped down for it is lifted by `controls clear`."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.errors import InvalidInput
    from handrail.domain.llm.names import Kin, Notice

    why, who = said(reason, actor)

    async def work() -> list[Noticed]:
        async with world(ctx).pool() as pool:
            record = models_record(pool)
            noticed = await record.open_names()
            wanted = [one for one in noticed if one.name == name]
            if not wanted:
                known = ", ".join(sorted({one.name for one in noticed})) or "none"
                raise InvalidInput(f"--name: no name {name[:80]!r} waits to be accepted. Waiting: {known}.")
            notice = Notice(name=name, kin=Kin.SAME, accepted=True, words=why, actor=who)
            return [await record.accept(one.served, notice) for one in wanted]

    found = run_async(work())
    if as_json:
        return print_document(found)
    for one in found:
        screen().print(plain(f"{one.name} may answer for {one.served}. What was stepped down stays until it expires,"))
    return screen().print('or until: handrail controls resume --reason "…" --actor …')


def end_pauses(ctx: typer.Context, reason: Reason, actor: Actor, as_json: Json = False) -> None:
    """Ask every model again now, whatever patience its server asked for: its quota was raised, say."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    why, who = said(reason, actor)

    async def work() -> list[Ended]:
        async with world(ctx).pool() as pool:
            return await models_record(pool).end_pauses(why, who)

    found = run_async(work())
    if as_json:
        return print_document(found)
    rows = [(one.served, moment(one.until)) for one in found]
    return print_rows(("asked again", "instead of at"), rows, "No model is left alone now.")


def listed(found: Sequence[Stored]) -> list[Any]:
    """Return the models as JSON."""
    return [one.model_dump(mode="json") for one in found]


def models_record(pool: Any) -> PostgresModels:
    """Open the workers' common knowledge of their models."""
    from handrail.postgres.autonomy.models import PostgresModels

    return PostgresModels(pool)


def standing(notice: Noticed) -> str:
    """Return what the name counts as, in a word."""
    if notice.actor != "handrail":
        return "accepted"
    return str(notice.kin) if notice.accepted else f"{notice.kin}, not accepted"
