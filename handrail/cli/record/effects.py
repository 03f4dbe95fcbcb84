"""`handrail effects …`: effects of which nobody knows whether they were made, until somebody has looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.actions.effects import EffectResult

app = typer.Typer(no_args_is_help=True, help="Effects that may have been made: list them, say what was found.")
Actor = Annotated[str, typer.Option("--actor", envvar="HANDRAIL_REVIEWER", help="Who looked.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="What was seen, and where.", show_default=False)]
Made = Annotated[bool, typer.Option("--made/--not-made", help="Was it made?", show_default=False)]


@app.command()
def unsettled(ctx: typer.Context, limit: Limit = 50, as_json: Json = False) -> None:
    """Effects that were sent to another system and never answered for, the oldest first. They count as made until settled."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, print_pairs, screen
    from handrail.domain.actions.unsettled import UnsettledEffect
    from handrail.postgres.business.unsettled import UnsettledEffects

    async def work() -> list[UnsettledEffect]:
        async with world(ctx).pool() as pool:
            return await UnsettledEffects(pool).all(limit)

    found = run_async(work())
    if as_json:
        print_document({"unsettled": [one.model_dump(mode="json") for one in found]})
        return
    for one in found:
        arguments = ", ".join(f"{name}={value}" for name, value in one.arguments.items())
        pairs = (
            ("effect", one.effect_id),
            ("case", f"{one.case_id} · {one.status}"),
            ("action", f"{one.action}({arguments})"),
        )
        print_pairs((*pairs, ("sent", moment(one.begun_at))))
    screen().print(plain(f"{len(found)} unsettled." if found else "Every effect is settled."))


@app.command()
def settle(
    ctx: typer.Context,
    effect_id: Annotated[
        str, typer.Argument(metavar="EFFECT_ID", help="As `effects unsettled` shows it.", show_default=False)
    ],
    made: Made,
    reason: Reason,
    actor: Actor,
    case_id: Annotated[
        str | None,
        typer.Option("--case", help="Its case, where a restored database lost the effect.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write into the ledger what you found in the system that makes the effect. It stands ever after, and in the audit."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.case.messages import check_name, check_text

    checked = {"actor": check_name("--actor", actor), "reason": check_text("--reason", reason, limit=500)}
    found = run_async(_settled(world(ctx), effect_id, case_id, made=made, **checked))
    if as_json:
        print_document(found.model_dump(mode="json"))
    else:
        screen().print(plain(f"{found.effect_id}: {found.action} is {found.status}, found by {checked['actor']}."))


async def _settled(
    place: CliContext, effect_id: str, case_id: str | None, *, made: bool, actor: str, reason: str
) -> EffectResult:
    from handrail.domain.actions.unsettled import EffectFound
    from handrail.postgres.business.unsettled import UnsettledEffects

    async with place.pool() as pool:
        effects = UnsettledEffects(pool)
        if case_id is None:
            return await effects.settle(EffectFound(effect_id=effect_id, made=made, actor=actor, reason=reason))
        async with place.cases() as cases:
            known = (await cases.status(case_id)).effects
        return await effects.put_back(case_id, known, effect_id, made=made, actor=actor, reason=reason)
