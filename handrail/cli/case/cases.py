"""`handrail case …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.case.rating import rate
from handrail.cli.common.options import (
    CaseArgument,
    Json,
    Limit,
    MessageId,
    Note,
    StatusName,
    Timeout,
    Wait,
    optional_words,
    words,
)
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.actions.asked import AskedEffect
    from handrail.domain.case.cases import CaseView
    from handrail.domain.case.messages import Message
    from handrail.domain.team.commands import Receipt

app = typer.Typer(no_args_is_help=True, help="Open cases, write to them, look at them.")
app.command()(rate)
Words = Annotated[str, typer.Option("--message", help="The customer's words; - reads standard in.", show_default=False)]


@app.command("open")
def open_case(
    ctx: typer.Context,
    customer: Annotated[str, typer.Option("--customer", help="The customer's id.", show_default=False)],
    message: Words,
    case_id: Annotated[
        str | None, typer.Option("--case-id", help="Idempotency key; new by default.", show_default=False)
    ] = None,
    message_id: MessageId = None,
    channel: Annotated[str, typer.Option("--channel", help="Where the customer writes.")] = "cli",
    wait: Wait = False,
    timeout: Timeout = 60.0,
    as_json: Json = False,
) -> None:
    """Open a case; the same id with the same content gives the case that stands."""
    from uuid import uuid4

    from handrail.cli.case.beginning import begun
    from handrail.temporal.cases.wanted import opened, wanted
    from handrail.wiring.redacting import redaction_of

    chosen, said, place = case_id or f"c-{uuid4().hex[:12]}", words("--message", message), world(ctx)

    async def work() -> tuple[Receipt, CaseView | None]:
        redaction = redaction_of(place.settings)
        case = wanted(redaction, chosen, customer, said, message_id=message_id, channel=channel)
        if not wait and await begun(place, case):
            return opened(case), None
        async with place.cases() as cases:
            receipt = await cases.open_case(chosen, customer, said, message_id=message_id, channel=channel)
            return receipt, await cases.wait(chosen, timeout=timeout) if wait else None

    show_result(place, *run_async(work()), as_json=as_json)


@app.command()
def say(
    ctx: typer.Context,
    case_id: CaseArgument,
    message: Words,
    message_id: MessageId = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    as_json: Json = False,
) -> None:
    """Pass on another message of the customer."""
    from handrail.temporal.cases.client import answered

    text, place = words("--message", message), world(ctx)

    async def work() -> tuple[Receipt, CaseView | None]:
        async with place.cases() as cases:
            receipt = await cases.say(case_id, text, message_id=message_id)
            return receipt, await cases.wait(case_id, until=answered(receipt), timeout=timeout) if wait else None

    show_result(place, *run_async(work()), as_json=as_json)


@app.command()
def show(ctx: typer.Context, case_id: CaseArgument, as_json: Json = False) -> None:
    """The case as it stands, from the case itself or else from PostgreSQL."""
    place = world(ctx)
    show_case(place, run_async(place.show(case_id)), as_json=as_json)


@app.command("list")
def list_cases(
    ctx: typer.Context,
    status: Annotated[StatusName | None, typer.Option("--status", case_sensitive=False, show_default=False)] = None,
    topic: Annotated[str | None, typer.Option("--topic", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option("--reason", show_default=False)] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Cases, the last changed first."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import cases_table, print_paused, screen

    place = world(ctx)

    async def work() -> tuple[list[CaseView], dict[str, str]]:
        async with place.records() as records:
            found = await records.search(status=status, topic=topic, reason=reason, limit=limit)
        paused = await place.paused()
        return [one.model_copy(update={"paused": paused.get(one.case_id)}) for one in found], paused

    found, paused = run_async(work())
    if as_json:
        print_document(found)
    else:
        screen().print(cases_table(found) if found else "No cases.")
        print_paused(paused)


@app.command()
def transcript(ctx: typer.Context, case_id: CaseArgument, as_json: Json = False) -> None:
    """Everything that was said; with what the customer was asked before effects, and how their answers were read."""
    from handrail.cli.case.transcripts import lines
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_transcript

    place = world(ctx)

    async def work() -> tuple[list[Message], list[AskedEffect]]:
        return await place.transcript(case_id), (await place.show(case_id)).asked

    found = lines(*run_async(work()))
    print_document(found) if as_json else print_transcript(found)


@app.command()
def handoff(ctx: typer.Context, case_id: CaseArgument, as_json: Json = False) -> None:
    """The packet of a case that is with people, as `handrail handoff show` has it."""
    from handrail.cli.case.handoff import show

    show(ctx, case_id, as_json=as_json)


@app.command("request-human")
def request_human(ctx: typer.Context, case_id: CaseArgument, note: Note = None, as_json: Json = False) -> None:
    """Ask for a person on the customer's behalf; it is kept even while no worker runs."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen

    text = optional_words("--note", note) or ""

    async def work() -> None:
        async with world(ctx).cases() as cases:
            await cases.request_human(case_id, text)

    run_async(work())
    if as_json:
        print_document({"case_id": case_id, "requested": "human"})
    else:
        screen().print(f"Asked for a person on case {case_id}.")


@app.command()
def watch(
    ctx: typer.Context,
    case_id: Annotated[str | None, typer.Argument(metavar="[CASE]", help="One case; all by default.")] = None,
    limit: Limit = 20,
    timeout: Annotated[float | None, typer.Option("--timeout", min=0.1, help="Seconds; until Ctrl-C by default.")] = None,
    as_json: Json = False,
) -> None:
    """Follow one case as it happens, or the last changed cases. With --json: print once, when nobody is working on it."""
    from handrail.cli.case import watching

    place = world(ctx)
    if case_id is None:
        run_async(watching.all_cases(place, limit, timeout, as_json=as_json))
    else:
        run_async(watching.one_case(place, case_id, timeout, as_json=as_json))


def show_case(place: CliContext, view: CaseView, *, as_json: bool) -> None:
    """The case, for people or for programs."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_case

    print_document(view) if as_json else print_case(view, place.page(view.case_id))


def show_result(place: CliContext, receipt: Receipt, view: CaseView | None, *, as_json: bool) -> None:
    """A receipt, or the case after it where it was waited for."""
    from handrail.cli.common.documents import print_document

    if view is None:
        if as_json:
            print_document(receipt)
        else:
            from handrail.cli.common.tables import print_receipt

            print_receipt(receipt)
    elif as_json:
        from handrail.cli.common.documents import case_document

        print_document({**case_document(view), **receipt.model_dump(include={"message_id", "duplicate"})})
    else:
        show_case(place, view, as_json=False)
