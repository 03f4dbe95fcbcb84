"""Commands of people on a case: `handrail decide`, `claim`, `recuse`, `reply`, `hand-back`, `resolve`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.case.cases import show_case, show_result
from handrail.cli.common.options import (
    CaseArgument,
    DecisionName,
    Json,
    MessageId,
    Note,
    Reviewer,
    Timeout,
    Wait,
    changes,
    optional_words,
    person,
    words,
)
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.actions.approvals import Approval, DecisionInput
    from handrail.domain.case.cases import CaseView
    from handrail.domain.team.commands import Receipt
    from handrail.temporal.cases.client import CaseClient

app = typer.Typer()


@app.command()
def decide(
    ctx: typer.Context,
    case_id: CaseArgument,
    decision: Annotated[DecisionName, typer.Argument(help="What you decide.", show_default=False)],
    reviewer: Reviewer,
    approval: Annotated[
        str | None, typer.Option("--approval", help="Which; may be left out while one is open.", show_default=False)
    ] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="The revision you saw; goes with --approval.", show_default=False)
    ] = None,
    changed: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="With edit: what changes.", show_default=False)
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", help="With answer: your words; --note serves too.", show_default=False)
    ] = None,
    note: Note = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    as_json: Json = False,
) -> None:
    """Approve, reject, edit or answer."""
    from handrail.cli.case.edits import typed

    place = world(ctx)
    wanted = decision_input(
        decision, approval, revision, changes(changed or []), answer, optional_words("--note", note), person(reviewer)
    )

    async def work() -> tuple[Approval, CaseView | None]:
        async with place.cases(identity=wanted.reviewer) as cases:
            exactly = await named(cases, case_id, wanted)
            if exactly.arguments:
                schemas = {name: tool.arguments.model_json_schema() for name, tool in place.business.by_name.items()}
                written = dict(pair.partition("=")[::2] for pair in changed or [])
                exactly = typed(exactly, written, await cases.status(case_id), schemas)
            decided = await cases.decide(case_id, exactly)
            return decided, await cases.wait(case_id, timeout=timeout) if wait else None

    decided, view = run_async(work())
    if view is not None:
        show_case(place, view, as_json=as_json)
    else:
        show_approval(decided, as_json=as_json)


def decision_input(
    decision: str,
    approval: str | None,
    revision: int | None,
    arguments: dict[str, Any] | None,
    answer: str | None,
    note: str | None,
    reviewer: str,
) -> DecisionInput:
    """The decision as the case takes it. Raises: InvalidInput where options do not go together."""
    from handrail.domain.actions.approvals import DecisionInput
    from handrail.domain.errors import InvalidInput
    from handrail.temporal.cases.client import made

    if arguments and decision != "edit":
        raise InvalidInput(f"--set: goes with `edit`, not with `{decision}`. Decide `edit`, or leave --set out.")
    if decision == "edit" and not arguments:
        raise InvalidInput("--set: an edit needs what changes, for example --set amount=80.")
    if answer and decision != "answer":
        raise InvalidInput(f"--answer: goes with `answer`, not with `{decision}`. Use --note for words that stay with it.")
    said = answer or (note if decision == "answer" else None)
    return made(
        DecisionInput,
        decision=decision,
        approval_id=approval,
        revision=revision,
        arguments=arguments,
        answer=said,
        note=note,
        reviewer=reviewer,
    )


async def named(cases: CaseClient, case_id: str, wanted: DecisionInput) -> DecisionInput:
    """The decision with the approval that is open, where it is the only one and none was named.

    Raises:
        UnknownCase, Unreachable.
    """
    from handrail.domain.actions.approvals import ApprovalStatus

    if wanted.approval_id is not None:
        return wanted
    still_open = [one for one in (await cases.status(case_id)).approvals if one.status is ApprovalStatus.OPEN]
    if len(still_open) != 1:
        return wanted
    (only,) = still_open
    seen = only.revision if wanted.revision is None else wanted.revision
    return wanted.model_copy(update={"approval_id": only.approval_id, "revision": seen})


def show_approval(approval: Approval, *, as_json: bool) -> None:
    """Show what was decided."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen, title
    from handrail.domain.actions.decisions import progress

    if as_json:
        print_document(approval)
        return
    so_far = f", {progress(approval)}" if approval.yes and approval.request.quorum > 1 else ""
    which = f"{approval.approval_id} r{approval.revision}{so_far}"
    screen().print(plain(f"{approval.case_id}: {title(approval)}: {approval.status} ({which})"))


@app.command()
def claim(ctx: typer.Context, case_id: CaseArgument, reviewer: Reviewer, as_json: Json = False) -> None:
    """Take a case that waits for a person."""
    step(world(ctx), reviewer, lambda cases, name: cases.claim(case_id, name), as_json=as_json)


@app.command()
def recuse(
    ctx: typer.Context,
    case_id: CaseArgument,
    reason: Annotated[
        str, typer.Option("--reason", help="Why you should not; the audit keeps it. - reads standard in.", show_default=False)
    ],
    reviewer: Reviewer,
    as_json: Json = False,
) -> None:
    """Leave a case to others that you should not decide."""
    text = words("--reason", reason)
    step(world(ctx), reviewer, lambda cases, name: cases.recuse(case_id, name, text), as_json=as_json)


@app.command()
def reply(
    ctx: typer.Context,
    case_id: CaseArgument,
    message: Annotated[
        str, typer.Option("--message", help="What the customer is told; - reads standard in.", show_default=False)
    ],
    reviewer: Reviewer,
    message_id: MessageId = None,
    as_json: Json = False,
) -> None:
    """Answer the customer as a person."""
    text = words("--message", message)
    step(world(ctx), reviewer, lambda cases, name: cases.reply(case_id, name, text, message_id=message_id), as_json=as_json)


@app.command("hand-back")
def hand_back(
    ctx: typer.Context,
    case_id: CaseArgument,
    note: Annotated[str, typer.Option("--note", help="What you found out or did; - reads standard in.", show_default=False)],
    reviewer: Reviewer,
    topic: Annotated[
        str | None,
        typer.Option("--topic", help="What the case is about, where that is none of the agent's.", show_default=False),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    as_json: Json = False,
) -> None:
    """Give a case back to the agent."""
    text = words("--note", note)
    waited = (case_id, timeout) if wait else None
    step(world(ctx), reviewer, lambda cases, name: cases.hand_back(case_id, name, text, topic=topic), waited, as_json=as_json)


@app.command()
def resolve(
    ctx: typer.Context,
    case_id: CaseArgument,
    reviewer: Reviewer,
    note: Note = None,
    last: Annotated[str | None, typer.Option("--reply", help="A last message to the customer.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """End a case as a person."""
    text = optional_words("--note", note)
    step(world(ctx), reviewer, lambda cases, name: cases.resolve(case_id, name, note=text, reply=last), as_json=as_json)


def step(
    place: CliContext,
    reviewer: str,
    act: Callable[[CaseClient, str], Awaitable[Receipt]],
    waited: tuple[str, float] | None = None,
    *,
    as_json: bool,
) -> None:
    """Do one thing as `reviewer` and show what became of it. Raises: InvalidInput where `reviewer` names nobody."""
    from handrail.temporal.cases.client import answered

    name = person(reviewer)

    async def work() -> tuple[Receipt, CaseView | None]:
        async with place.cases(identity=name) as cases:
            receipt = await act(cases, name)
            if waited is None:
                return receipt, None
            return receipt, await cases.wait(waited[0], until=answered(receipt, handed_back=True), timeout=waited[1])

    show_result(place, *run_async(work()), as_json=as_json)
