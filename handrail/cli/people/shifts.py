"""`handrail queue shift` and `queue people`: who works when, and hours on top of that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world
from handrail.cli.people.queue import app as queue
from handrail.cli.people.queue import desk, known

if TYPE_CHECKING:
    from handrail.domain.team.staff import Roster, Window

app = typer.Typer(no_args_is_help=True, help="On-call hours, on top of the shifts in people.yaml.")
LONGEST = timedelta(days=7)
FOREVER = timedelta(days=36_500)
RIGHT = "Write it as 2026-11-28T09:00."


@app.command()
def add(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(help="A name of people.yaml.", show_default=False)],
    start: Annotated[str, typer.Option("--from", help="2026-11-28T09:00, on the house's clock.", show_default=False)],
    end: Annotated[str, typer.Option("--to", help="2026-11-28T14:00, on the house's clock.", show_default=False)],
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who arranges it.")] = "",
    as_json: Json = False,
) -> None:
    """Let somebody work in hours of their own."""

    async def work() -> tuple[Window, Roster]:
        from handrail.domain.moments import moment_in
        from handrail.domain.team.staff import Window

        async with desk(world(ctx)) as (kept, roster):
            zone = known(roster, person).zone or roster.zone
            first, last = (moment_in(*given, RIGHT, zone) for given in (("--from", start.strip()), ("--to", end.strip())))
            refuse_odd(first, last)
            window = Window(window_id=uuid4().hex[:12], person=person, start=first, end=last, added_by=by or person)
            await kept.add(window, datetime.now(UTC))
            return window, roster

    window, roster = run_async(work())
    show([window], roster, as_json=as_json, one=True)


@app.command("list")
def list_windows(ctx: typer.Context, as_json: Json = False) -> None:
    """List on-call hours from now on."""

    async def work() -> tuple[list[Window], Roster]:
        now = datetime.now(UTC)
        async with desk(world(ctx)) as (kept, roster):
            return await kept.windows((now, now + FOREVER)), roster

    show(*run_async(work()), as_json=as_json)


@app.command()
def drop(
    ctx: typer.Context,
    window_id: Annotated[str, typer.Argument(metavar="ID", help="As `shift list` shows it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Take on-call hours back."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.errors import InvalidInput

    async def work() -> bool:
        async with desk(world(ctx)) as (kept, _):
            return await kept.drop(window_id)

    if not run_async(work()):
        raise InvalidInput(f"ID: there are no on-call hours {window_id[:40]!r}. List them with `handrail queue shift list`.")
    if as_json:
        print_document({"window_id": window_id, "dropped": True})
    else:
        screen().print(plain(f"{window_id}: dropped."))


@queue.command()
def people(ctx: typer.Context, as_json: Json = False) -> None:
    """List everybody: what they can do, and who is at work now."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.domain.counting import many

    async def work() -> Roster:
        async with desk(world(ctx)) as (_, roster):
            return roster

    roster, now = run_async(work()), datetime.now(UTC)
    found = [{**one.model_dump(mode="json", by_alias=True), **presence(roster, one.name, now)} for one in roster.people]
    if as_json:
        print_document({"version": roster.version, "zone": roster.zone, "people": found})
        return
    lines = [
        (
            one["name"],
            one["tier"],
            ", ".join(one["skills"]),
            ", ".join(one["languages"]),
            "yes" if one["pool"] else "",
            "at work" if one["at_work"] else one["next"][:16].replace("T", " ") if one["next"] else "not within 28 days",
        )
        for one in found
    ]
    print_rows(("name", "tier", "queues", "languages", "part-time pool", "at work, or next (UTC)"), lines, "Nobody is known.")
    screen().print(plain(f"{many(len(found), 'person', 'people')}, {sum(one['at_work'] for one in found)} at work."))


def presence(roster: Roster, name: str, now: datetime) -> dict[str, Any]:
    """Return whether the person works now, and when next."""
    from handrail.domain.team.hours import opening
    from handrail.domain.team.staff import HORIZON

    person = roster.by_name[name]
    starts = opening(roster.hours([person], (now, now + HORIZON)), now)
    return {"at_work": roster.at_work(person, now), "next": starts.isoformat() if starts else None}


def on_the_clock(at: datetime, zone: str) -> str:
    """Date and time on the clock of `zone`, to the minute, as `shift add` takes them."""
    from zoneinfo import ZoneInfo

    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def refuse_odd(start: datetime, end: datetime) -> None:
    """Raises: InvalidInput: the hours end before they begin, are over, or last longer than a week."""
    from handrail.domain.errors import InvalidInput

    if end <= start:
        raise InvalidInput("--to: is not after --from. Give the end of the hours.")
    if end <= datetime.now(UTC):
        raise InvalidInput("--to: is over already. Give hours to come.")
    if end - start > LONGEST:
        raise InvalidInput("--to: is more than 7 days after --from. Add the hours day by day.")


def show(windows: list[Window], roster: Roster, *, as_json: bool, one: bool = False) -> None:
    """Print a table, or a document: one window, or all."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    if as_json:
        print_document(windows[0] if one else {"windows": [each.model_dump(mode="json") for each in windows]})
        return

    def clock(each: Window) -> str:
        person = roster.by_name.get(each.person)
        return (person.zone if person else None) or roster.zone

    lines = [
        (
            each.window_id,
            each.person,
            on_the_clock(each.start, clock(each)),
            on_the_clock(each.end, clock(each)),
            each.added_by,
        )
        for each in windows
    ]
    print_rows(("id", "person", "from", "to", "arranged by"), lines, "No on-call hours from now on.")
