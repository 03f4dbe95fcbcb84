"""`handrail approve-together`: several approvals of one tool at once, under the ceilings of the policies that hold them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json, Note, Reviewer, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.policy.batching import BatchTotal
    from handrail.domain.team.desk import BatchCandidate, BatchKept, BatchOutcome
    from handrail.temporal.cases.client import CaseClient

app = typer.Typer()
Names = Annotated[
    list[str],
    typer.Argument(
        metavar="CASE/APPROVAL/REVISION…", help="Each as you saw it: `approvals list` shows all three.", show_default=False
    ),
]


@app.command("approve-together")
def approve_together(
    ctx: typer.Context,
    names: Names,
    reviewer: Reviewer,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    note: Note = None,
    as_json: Json = False,
) -> None:
    """Approve several of one tool, under the ceilings of the policies.

    Shows each, asks, then approves each exactly as you saw it; where a ceiling does not allow them together, none. Ends with
    exit code 3 where one was refused.
    """
    from handrail.domain.errors import InvalidInput

    if as_json and not yes:
        raise InvalidInput("--yes: is needed with --json, which asks nothing. Look first: `handrail approvals list`.")
    place, who, words = world(ctx), person(reviewer), optional_words("--note", note)
    rows, total = run_async(allowed(place, names))
    began = time.monotonic()
    if not as_json:
        show(rows)
    if not yes:
        typer.confirm(f"\nApprove these {total.rows}: {total.in_words}, as {who}?", abort=True)
    seconds = None if yes else time.monotonic() - began
    kept = run_async(decided(place, rows, total, who, words, seconds))
    show_result(kept, as_json=as_json)
    if any(one.refused for one in kept.rows):
        raise typer.Exit(Exit.REFUSED)


async def allowed(place: CliContext, names: list[str]) -> tuple[list[BatchCandidate], BatchTotal]:
    """Return the approvals and what they come to.

    Raises:
        InvalidInput, UnknownApproval, ApprovalRefused: they cannot be given together; nothing is decided.
    """
    from handrail.api.answering.batches import seen
    from handrail.domain.policy.batching import total_of
    from handrail.postgres.desk.batches import PostgresDeskBatches
    from handrail.wiring.front.house import ceilings_in

    business = place.business
    ceilings = ceilings_in(place.settings.definitions or business.folder, business)
    for name in names:
        check(name)
    async with place.pool() as pool:
        rows = await seen(PostgresDeskBatches(pool), names)
    return rows, total_of([one.approval.request for one in rows], ceilings())


def check(name: str) -> None:
    """Check that the name has its three parts. Raises: InvalidInput."""
    from handrail.domain.errors import InvalidInput

    case_id, approval_id, revision = [*name.split("/"), "", ""][:3]
    if not (case_id and approval_id and revision.isdecimal() and name.count("/") == 2):
        raise InvalidInput(f"{name[:80]!r}: write CASE/APPROVAL/REVISION, as `handrail approvals list` shows them.")


async def decided(
    place: CliContext,
    rows: list[BatchCandidate],
    total: BatchTotal,
    who: str,
    note: str | None,
    seconds: float | None,
) -> BatchKept:
    """Approve one after the other, and keep the batch; what is refused then is refused alone."""
    from uuid import uuid4

    from handrail.domain.team.desk import BatchKept
    from handrail.postgres.desk.batches import PostgresDeskBatches

    async with place.cases(identity=who) as cases:
        outcomes = [await decide_one(cases, row, who, note) for row in rows]
    about: dict[str, Any] = total.model_dump(include={"action", "amount", "unit"})
    kept = BatchKept(batch_id=uuid4().hex, person=who, seconds=seconds, rows=outcomes, **about)
    async with place.pool() as pool:
        await PostgresDeskBatches(pool).keep(kept)
    return kept


async def decide_one(cases: CaseClient, row: BatchCandidate, who: str, note: str | None) -> BatchOutcome:
    """Approve one under exactly the revision that was seen, and return what became of it."""
    from handrail.api.problems.table import code_of
    from handrail.cli.people.approvals import settled_as_shown
    from handrail.domain.actions.approvals import DecisionKind
    from handrail.domain.errors import HandrailError
    from handrail.domain.team.desk import BatchOutcome

    seen = {"approval_id": row.approval.approval_id, "revision": row.approval.revision}
    about = {"case_id": row.case_id, "title": row.approval.request.title, **seen}
    try:
        settled = await settled_as_shown(cases, row.approval, DecisionKind.APPROVE, who, note)
    except HandrailError as error:
        return BatchOutcome.model_validate({**about, "refused": str(error), "code": code_of(error)})
    return BatchOutcome.model_validate({**about, "status": settled.status})


def show(rows: list[BatchCandidate]) -> None:
    """Print the approvals in full."""
    from handrail.cli.common.tables import print_approval

    for one in rows:
        print_approval(one.approval)


def show_result(kept: BatchKept, *, as_json: bool) -> None:
    """Print what became of each: for programs as the HTTP API tells it."""
    from handrail.api.answering.batches import told
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    if as_json:
        print_document(told(kept))
        return
    for one in kept.rows:
        outcome = one.refused or one.status
        screen().print(plain(f"{'refused' if one.refused else 'ok     '} {one.case_id} r{one.revision}: {outcome}"))
