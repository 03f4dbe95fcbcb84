"""`handrail queue`: who takes which case next, and who works when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import CaseArgument, Json, Limit, Timeout
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.team.staff import Roster, TeamMember
    from handrail.people.loader import FilePeople
    from handrail.postgres.queue import Depth, Item, PostgresQueue

app = typer.Typer(no_args_is_help=True, help="The queue of cases that wait for people, and the people.")
Who = Annotated[str, typer.Option("--person", envvar="HANDRAIL_REVIEWER", help="A name of people.yaml.", show_default=False)]
LeaseId = Annotated[str, typer.Option("--lease", help="The lease's id, as `queue claim` printed it.", show_default=False)]
Minutes = Annotated[float, typer.Option("--minutes", min=0.05, max=480, help="How long the case is held without a heartbeat.")]


def staff(place: CliContext) -> FilePeople:
    """The file of people. Raises: DefinitionInvalid."""
    from handrail.people.loader import FilePeople

    return FilePeople((place.settings.definitions or place.business.folder) / "people.yaml")


def known(roster: Roster, name: str) -> TeamMember:
    """Raises: InvalidInput: nobody is called that."""
    from handrail.domain.errors import InvalidInput

    person = roster.by_name.get(name)
    if person is None:
        names = ", ".join(sorted(roster.by_name)) or "nobody; the business has no people.yaml"
        raise InvalidInput(f"person: {name[:60]!r} is nobody in people.yaml. Known: {names}.")
    return person


@asynccontextmanager
async def desk(place: CliContext) -> AsyncIterator[tuple[PostgresQueue, Roster]]:
    """The queue, and everybody with their on-call windows from now on. Raises: Unreachable."""
    from handrail.domain.team.staff import HORIZON
    from handrail.postgres.queue import PostgresQueue

    people, now = staff(place), datetime.now(UTC)
    async with place.pool() as pool:
        queue = PostgresQueue(pool)
        yield queue, people.roster(await queue.windows((now, now + HORIZON)))


@app.command()
def claim(
    ctx: typer.Context,
    person: Who,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until there is a case.")] = False,
    timeout: Timeout = 60.0,
    minutes: Minutes = 10.0,
    as_json: Json = False,
) -> None:
    """Take the best next case: by priority, then what is due first, of those that the person can do."""
    from handrail.cli.people.claiming import spoken, take, wait_and_take

    place, lease = world(ctx), timedelta(minutes=minutes)

    async def work() -> tuple[Item | None, bool]:
        async with desk(place) as (queue, roster):
            who = known(roster, person)
            async with place.cases(identity=person) as cases:
                if wait:
                    item = await wait_and_take(queue, cases, who, spoken(roster), lease, timeout)
                else:
                    item = await take(queue, cases, who, spoken(roster), lease)
            return item, roster.at_work(who, datetime.now(UTC))

    item, at_work = run_async(work())
    show_claimed(place, item, at_work=at_work, as_json=as_json)
    if item is None and wait:
        raise typer.Exit(Exit.TIMED_OUT)


def show_claimed(place: CliContext, item: Item | None, *, at_work: bool, as_json: bool) -> None:
    """Show what was taken, and what to do with it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, print_pairs, screen

    if as_json:
        taken = None if item is None else {**item.model_dump(mode="json"), "page": place.page(item.case_id)}
        print_document({"item": taken, "at_work": at_work})
    elif item is None:
        screen().print(plain("Nothing waits that you can take."))
    else:
        print_pairs(
            (
                ("Case", item.case_id),
                ("Queue", f"{item.queue}, tier {item.tier}, priority {item.priority}"),
                ("Why", item.reason),
                ("Language", item.language),
                ("Answer due", moment(item.due_at)),
                ("Held until", moment(item.lease_until)),
                ("Lease", item.lease_id),
                ("Packet", f"handrail case handoff {item.case_id}"),
                ("Page", place.page(item.case_id)),
                ("Note", None if at_work else "You are not on shift now."),
            )
        )


@app.command()
def heartbeat(
    ctx: typer.Context, case_id: CaseArgument, lease: LeaseId, minutes: Minutes = 10.0, as_json: Json = False
) -> None:
    """Hold a case longer, from now."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, screen

    async def work() -> Item:
        async with desk(world(ctx)) as (queue, _):
            held = await queue.heartbeat(case_id, lease, timedelta(minutes=minutes))
            return held or await ended(queue, case_id)

    item = run_async(work())
    if as_json:
        print_document(item)
    else:
        screen().print(plain(f"{case_id}: held until {moment(item.lease_until)}."))


@app.command()
def release(ctx: typer.Context, case_id: CaseArgument, person: Who, lease: LeaseId, as_json: Json = False) -> None:
    """Put a case back into its queue."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    place = world(ctx)

    async def work() -> None:
        async with desk(place) as (queue, _), place.cases(identity=person) as cases:
            item = await queue.item(case_id)
            if item is None or item.lease_id != lease:
                await ended(queue, case_id)
            # The case first: were it to name somebody without a lease, it would be offered to nobody else.
            await cases.release(case_id, person)
            await queue.release(case_id, lease)

    run_async(work())
    if as_json:
        print_document({"case_id": case_id, "released": True})
    else:
        screen().print(plain(f"{case_id}: back in its queue."))


async def ended(queue: PostgresQueue, case_id: str) -> Item:
    """Raises: IllegalTransition: the lease holds nothing any more; the words say who has the case."""
    from handrail.domain.errors import IllegalTransition

    item = await queue.item(case_id)
    if item is None:
        words = "the case is with nobody: it was answered, handed back or closed"
    elif item.holder is None:
        words = "the case is offered to others again"
    else:
        words = f"{item.holder} holds the case"
    raise IllegalTransition(f"--lease: has ended; {words}. Take the next one with `handrail queue claim`.")


@app.command("list")
def list_items(
    ctx: typer.Context,
    queue_name: Annotated[str | None, typer.Option("--queue", help="Only this queue.", show_default=False)] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what waits, in the order in which it is handed out."""

    place = world(ctx)

    async def work() -> tuple[Depth, list[Item], Roster, dict[str, str]]:
        async with desk(place) as (queue, roster):
            depth, items = await queue.depth(queue=queue_name), await queue.items(queue=queue_name, limit=limit)
        return depth, items, roster, await place.paused()

    depth, items, roster, paused = run_async(work())
    now = datetime.now(UTC)
    show_items(depth, [described(item, roster, now) for item in items], paused, as_json=as_json)


def described(item: Item, roster: Roster, now: datetime) -> dict[str, Any]:
    """An item with its age, whether it is overdue, and how many people could take it."""
    able = roster.able(item.need)
    holds = item.lease_until is not None and item.lease_until >= now
    return {
        **item.model_dump(mode="json"),
        "age_seconds": round((now - item.entered_at).total_seconds()),
        "overdue": item.due_at is not None and item.due_at < now,
        "held": holds,
        "able": len(able),
        "at_work": sum(roster.at_work(person, now) for person in able),
    }


def show_items(depth: Depth, items: list[dict[str, Any]], paused: dict[str, str], *, as_json: bool) -> None:
    """Print a table, then counts and paused cases; a paused case waits for whoever unpauses it, in a queue or not."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_paused, print_rows, screen
    from handrail.matrix.page import span

    if as_json:
        items = [{**one, "paused": paused.get(one["case_id"])} for one in items]
        print_document({**depth.model_dump(), "paused": paused, "items": items})
        return
    lines = [
        (
            one["case_id"],
            f"{one['queue']} {one['tier']}",
            one["priority"],
            one["language"],
            one["reason"],
            span(one["age_seconds"] // 60),
            "OVERDUE" if one["overdue"] else (one["due_at"] or "answered")[:16].replace("T", " "),
            one["holder"] if one["held"] else one["assignee"],
            f"{one['at_work']} of {one['able']}",
        )
        for one in items
    ]
    head = ("case", "queue, tier", "prio", "lang", "why", "age", "due (UTC)", "with", "at work")
    print_rows(head, lines, "Nothing waits for people.")
    summary = (
        f"{depth.waiting} wait for people, {depth.overdue} of them overdue, {depth.held} held, {depth.forgotten} forgotten."
    )
    screen().print(plain(summary))
    if depth.refused:
        what = "message" if depth.refused == 1 else "messages"
        screen().print(plain(f"{depth.refused} {what} no case could take: handrail queue refused"))
    print_paused(paused)


@app.command()
def drill(
    ctx: typer.Context,
    claimers: Annotated[int, typer.Option("--claimers", min=1, max=90, help="People at once.")] = 50,
    cases: Annotated[int, typer.Option("--cases", min=1, max=100_000, help="Cases in the queue.")] = 2_000,
    as_json: Json = False,
) -> None:
    """Load the queue in a database of its own, with people who die over their cases. Exit code 1 where one is lost."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.probing import probe
    from handrail.cli.common.tables import print_pairs
    from handrail.drills.queue_load import Crowd, CrowdReport, throwaway

    place = world(ctx)

    async def work() -> CrowdReport:
        url = place.settings.database_url.get_secret_value()
        await probe(url)
        async with throwaway(url, place.business) as there:
            return await Crowd(there, cases, claimers).run()

    report = run_async(work())
    if as_json:
        print_document(report)
    else:
        print_pairs((name.replace("_", " "), str(value)) for name, value in report)
    if not report.passed:
        raise typer.Exit(Exit.UNEXPECTED)
