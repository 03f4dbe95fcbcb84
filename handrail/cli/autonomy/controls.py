"""`handrail controls …`: the kill switch and the ladder, for cases that are open, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from handrail.cli.autonomy import served
from handrail.cli.common.options import Json, Limit
from handrail.cli.common.rail import checked, controls, dial, parsed, said, topics
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from datetime import timedelta

    from handrail.domain.autonomy.controls import Control
    from handrail.domain.autonomy.topics import Dialled
    from handrail.drills.kill_switch.outcome import SwitchReport
    from handrail.postgres.autonomy.controls import Cleared

app = typer.Typer(no_args_is_help=True, help="The kill switch and the ladder auto, review, draft, off.")
app.command("models")(served.models)
app.command("accept-model")(served.accept_model)
app.command("end-pauses")(served.end_pauses)
LevelName = Literal["auto", "review", "draft", "off"]
ScopeOption = Annotated[
    str,
    typer.Option("--scope", help="global, topic:NAME, tool:NAME or segment:NAME.", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; people read it with every case.", show_default=False)]
Actor = Annotated[str, typer.Option("--actor", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]
For = Annotated[
    str | None, typer.Option("--for", help="For how long, such as 30m, 2h or 7d; then it lifts itself.", show_default=False)
]


@app.command("set")
def set_level(
    ctx: typer.Context,
    scope: ScopeOption,
    level: Annotated[LevelName, typer.Option("--level", help="How far the agent may go there.", show_default=False)],
    reason: Reason,
    actor: Actor,
    lasting: For = None,
    as_json: Json = False,
) -> None:
    """Set a level; what is in force at once."""
    put(world(ctx), scope, level, reason, actor, lasting, as_json=as_json)


@app.command()
def stop(ctx: typer.Context, reason: Reason, actor: Actor, lasting: For = None, as_json: Json = False) -> None:
    """The kill switch: nothing of the agent's leaves any more. People go on."""
    put(world(ctx), "global", "off", reason, actor, lasting, as_json=as_json)


@app.command()
def clear(ctx: typer.Context, scope: ScopeOption, reason: Reason, actor: Actor, as_json: Json = False) -> None:
    """Lift everything that is set on a scope, by whomever."""
    lift(world(ctx), scope, reason, actor, as_json=as_json)


@app.command()
def resume(ctx: typer.Context, reason: Reason, actor: Actor, as_json: Json = False) -> None:
    """Lift the kill switch, and whatever else is set on global."""
    lift(world(ctx), "global", reason, actor, as_json=as_json)


@app.command("list")
def list_controls(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="What was ever set, the newest first.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """Show what is in force."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    async def work() -> list[Control]:
        async with world(ctx).pool() as pool:
            held = controls(world(ctx), pool)
            return await held.history(limit) if everything else await held.in_force()

    found = run_async(work())
    if as_json:
        return print_document(found)
    rows = [
        (one.scope, one.level, one.actor, one.hand, one.reason, moment(one.set_at), moment(one.expires_at)) for one in found
    ]
    headings = ("scope", "level", "actor", "hand", "reason", "since", "until")
    return print_rows(headings, rows, "No control is in force: the topics' own files say how far the agent may go.")


@app.command()
def show(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Option("--topic", help="Only this one.", show_default=False)] = None,
    tool: Annotated[str | None, typer.Option("--tool", help="For the use of a tool.", show_default=False)] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="For this customer's cases.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Show how far the agent may go now, topic by topic, and why: file, review gate and controls together."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    place = world(ctx)
    asked = [one for one in (topic and f"topic:{topic}", tool and f"tool:{tool}") if one]
    known = topics(place)
    for one in asked:
        checked(place, one)
    wanted = [one for one in known if topic in (None, one.name)]

    async def work() -> list[Dialled]:
        from handrail.domain.autonomy.controls import ControlsInForce

        async with place.pool() as pool:
            held = controls(place, pool)
            found: list[Dialled] = []
            for one in wanted:
                files = await dial(place, pool).autonomy(one)
                standing: ControlsInForce = await held.over(one.name, customer or "")
                found.append(standing.dialled(tool, files.settings))
            return found

    found = run_async(work())
    if as_json:
        documents = [
            {"topic": one.name, **dialled.model_dump(mode="json")} for one, dialled in zip(wanted, found, strict=True)
        ]
        return print_document(documents)
    rows = [(one.name, dialled.autonomy, dialled.why) for one, dialled in zip(wanted, found, strict=True)]
    return print_rows(("topic", "level", "because"), rows, "There are no topics.")


@app.command()
def drill(
    ctx: typer.Context,
    count: Annotated[int, typer.Option("--cases", min=5, max=500, help="How many cases.")] = 20,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most, for each step.")] = 120.0,
    yes: Annotated[bool, typer.Option("--yes", help="Also where this is not the stack of this folder.")] = False,
    as_json: Json = False,
) -> None:
    """Open cases, throw the kill switch in mid-flight, and measure that nothing comes after it. Lifts it again."""
    from handrail.cli.autonomy.measured import print_report
    from handrail.cli.common.drilling import drilled, end, teller
    from handrail.drills.kill_switch.drill import Drill, letters
    from handrail.drills.kill_switch.readings import PostgresReadings

    place, tell = drilled(ctx, yes=yes), teller(silent=as_json)

    async def work() -> SwitchReport:
        async with place.cases(identity="handrail drill") as cases, place.pool() as pool:
            found = await letters(pool, place.business, count)
            return await Drill(cases, controls(place, pool), PostgresReadings(pool), timeout, tell).run(found)

    found = run_async(work())
    end(found.model_dump(mode="json"), lambda: print_report(found), passed=found.passed, as_json=as_json)


def put(place: CliContext, scope: str, level: str, reason: str, actor: str, lasting: str | None, *, as_json: bool) -> None:
    """Set a control and show it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.cli.rollout.preflight import unready
    from handrail.domain.autonomy.controls import ControlRequest, duration
    from handrail.domain.autonomy.topics import Autonomy

    length: timedelta | None = duration(lasting) if lasting is not None else None
    why, who = said(reason, actor)
    wanted = ControlRequest(scope=checked(place, scope), level=Autonomy(level), reason=why, actor=who, lasting=length)

    async def work() -> tuple[list[Control], Control, list[Control], str]:
        async with place.pool() as pool:
            held = controls(place, pool)
            before, control, others = await held.in_force(), await held.put(wanted), await held.in_force()
            return (
                before,
                control,
                others,
                await unready(place, pool, control.scope) if level == "auto" and not as_json else "",
            )

    before, control, others, lacking = run_async(work())
    if as_json:
        return print_document(control)
    screen().print(plain(control.words))
    for one in before:
        if (one.scope, one.hand) == (control.scope, control.hand):
            screen().print(plain(f"It stands in the place of: {one.words}"))
    if not control.waited:
        screen().print("Something that had begun before still hangs in its transaction; nothing new begins.")
    stricter = [one for one in others if one.scope == control.scope and one.level.rank > control.level.rank]
    for one in stricter:
        screen().print(plain(f"Still in force: {one.words} `handrail controls clear --scope {one.scope}` lifts it."))
    if lacking:
        screen().print(plain(lacking))
    return None


def lift(place: CliContext, scope: str, reason: str, actor: str, *, as_json: bool) -> None:
    """Clear a scope and show what was lifted, and what was set too late to be meant."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.cli.rollout.preflight import unready

    why, who = said(reason, actor)
    which = str(parsed(scope))

    async def work() -> tuple[Cleared, str]:
        async with place.pool() as pool:
            cleared = await controls(place, pool).clear([which], why, who)
            return cleared, await unready(place, pool, which) if cleared.lifted and not as_json else ""

    found, lacking = run_async(work())
    if as_json:
        return print_document(
            {
                "lifted": [one.model_dump(mode="json") for one in found.lifted],
                "left": [one.model_dump(mode="json") for one in found.left],
            }
        )
    for one in found.lifted:
        screen().print(plain(f"Lifted: {one.words}"))
    for one in found.left:
        screen().print(plain(f"Left in force, for it was set after this command began: {one.words} Run it again to lift it."))
    if not found.lifted and not found.left:
        screen().print(f"Nothing is set on {which}.")
    if lacking:
        screen().print(plain(lacking))
    return None
