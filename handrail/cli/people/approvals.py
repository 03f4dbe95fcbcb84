"""`handrail approvals …`: what waits for a decision, for whom, and deciding several after having seen them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json, Note, Reviewer, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.actions.approvals import Approval
    from handrail.domain.case.cases import CaseView
    from handrail.domain.team.reviewers import Reviewers
    from handrail.temporal.cases.client import CaseClient

app = typer.Typer(no_args_is_help=True, help="Decisions that wait for a person.")
Role = Annotated[str | None, typer.Option("--role", help="What this role may decide.", show_default=False)]
Topic = Annotated[str | None, typer.Option("--topic", help="Cases of this topic.", show_default=False)]
Action = Annotated[str | None, typer.Option("--action", help="This action only, such as refund_order.", show_default=False)]
Cases = Annotated[list[str] | None, typer.Option("--case", help="These cases only; may be repeated.", show_default=False)]
MAX_AT_ONCE = 100
Found = list[tuple["CaseView", "Approval"]]


@app.command("list")
def list_approvals(
    ctx: typer.Context,
    mine: Annotated[bool, typer.Option("--mine", help="What you may decide: goes with --reviewer.")] = False,
    reviewer: Annotated[
        str | None,
        typer.Option("--reviewer", envvar="HANDRAIL_REVIEWER", help="With --mine: who you are.", show_default=False),
    ] = None,
    role: Role = None,
    topic: Topic = None,
    action: Action = None,
    case_ids: Cases = None,
    as_json: Json = False,
) -> None:
    """Every open approval, the first due first; with --mine what this reviewer may decide."""
    from handrail.cli.common.tables import print_paused
    from handrail.domain.errors import InvalidInput

    if mine and not reviewer:
        raise InvalidInput("--mine: whose? Add --reviewer YOU, or set HANDRAIL_REVIEWER.")
    # A name in the environment serves the commands that need one; it filters where --mine or --reviewer was typed.
    typed = ctx.get_parameter_source("reviewer")
    asked = mine or (typed is not None and typed.name == "COMMANDLINE")
    who = person(reviewer) if reviewer and asked else None
    place = world(ctx)

    async def work() -> tuple[Found, dict[str, str]]:
        return await chosen(place, who, role, topic, action, case_ids), await place.paused()

    found, paused = run_async(work())
    if as_json:
        documents(found, paused)
    else:
        show(found, "Nothing waits for a decision." if who is None else f"Nothing waits that {who} may decide.")
        shown = {view.case_id for view, _ in found}
        print_paused({case_id: words for case_id, words in paused.items() if case_id in shown})


@app.command("decide")
def decide_several(
    ctx: typer.Context,
    decision: Annotated[Literal["approve", "reject"], typer.Argument(help="For all of them.", show_default=False)],
    reviewer: Reviewer,
    role: Role = None,
    topic: Topic = None,
    action: Action = None,
    case_ids: Cases = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MAX_AT_ONCE, help="How many at most, the first due first.")] = 20,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    note: Note = None,
    as_json: Json = False,
) -> None:
    """Show what you may decide, ask, then decide each exactly as it was shown. Ends with exit code 3 where one was refused."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.errors import InvalidInput

    if as_json and not yes:
        raise InvalidInput("--yes: is needed with --json, which asks nothing. Look first: `handrail approvals list --mine`.")
    place, who, words = world(ctx), person(reviewer), optional_words("--note", note)
    found = run_async(chosen(place, who, role, topic, action, case_ids, questions=False))
    shown, left = found[:limit], len(found) - limit
    if not as_json:
        show(shown, f"Nothing waits that {who} may decide.", how=False)
        if left > 0:
            screen().print(f"\n{left} more are left out; --limit is {limit}.")
    if shown and not yes:
        typer.confirm(f"\n{decision.capitalize()} these {len(shown)} as {who}?", abort=True)
    results = run_async(decide_each(place, shown, decision, who, words))
    if as_json:
        print_document(results)
    for one in results if not as_json else []:
        outcome = one["error"] or f"{one['status']}{', ' + one['progress'] if one['progress'] else ''}"
        screen().print(plain(f"{'ok     ' if one['ok'] else 'refused'} {one['case_id']} r{one['revision']}: {outcome}"))
    if any(not one["ok"] for one in results):
        raise typer.Exit(Exit.REFUSED)


async def chosen(
    place: CliContext,
    who: str | None,
    role: str | None,
    topic: str | None,
    action: str | None,
    case_ids: list[str] | None,
    *,
    questions: bool = True,
) -> Found:
    """Open approvals that fit every filter; for `who`, those that they may decide, in their languages first."""
    from handrail.domain.actions.approvals import RequestKind
    from handrail.domain.team.commands import holds

    async with place.records() as records:
        found = await records.open_approvals()
    fitting = [
        (view, one)
        for view, one in found
        if (topic is None or view.topic == topic)
        and (action is None or one.request.action == action)
        and (not case_ids or view.case_id in case_ids)
        and (role is None or any(holds(role, wanted) for wanted in one.request.wanted_roles))
        and (questions or one.request.kind is RequestKind.APPROVAL)
    ]
    return fitting if who is None else own(place, who, fitting)


def own(place: CliContext, who: str, found: Found) -> Found:
    """List what `who` may decide. Whether a name is theirs is seen when they decide."""
    from handrail.domain.actions.approvals import Identity

    reviewers = in_force(place)
    identity = Identity.VERIFIED if place.settings.trusted_identity else Identity.SELF_DECLARED
    known = reviewers.roster.find(who) if reviewers.roster else None
    languages = known.languages if known else []
    fitting = [(view, one) for view, one in found if reviewers.why_not(one, who, identity) is None]
    return sorted(fitting, key=lambda pair: bool(languages) and pair[0].language not in languages)


def in_force(place: CliContext) -> Reviewers:
    """Read the reviewers and what they may decide, by the file of this machine. Raises: DefinitionInvalid."""
    from handrail.domain.team.reviewers import FILE
    from handrail.reviewers.loader import FileReviewers

    settings, business = place.settings, place.business
    file = (settings.definitions or business.folder) / FILE
    return FileReviewers(file, facts=business.facts, tools=business.by_name, strict=settings.reviewers_strict).now()


async def decide_each(place: CliContext, shown: Found, decision: str, who: str, note: str | None) -> list[dict[str, Any]]:
    """One after the other; what is refused stops nothing."""
    if not shown:
        return []
    async with place.cases(identity=who) as cases:
        return [await decide_one(cases, approval, decision, who, note) for _, approval in shown]


async def decide_one(cases: CaseClient, shown: Approval, decision: str, who: str, note: str | None) -> dict[str, Any]:
    """Decide one under exactly the revision that was shown, and return what became of it."""
    from handrail.domain.actions.decisions import progress
    from handrail.domain.errors import HandrailError

    seen = {"approval_id": shown.approval_id, "revision": shown.revision}
    result = {"case_id": shown.case_id, **seen, "title": shown.request.title, "status": None, "progress": None, "error": None}
    try:
        settled = await settled_as_shown(cases, shown, decision, who, note)
    except HandrailError as error:
        return {**result, "ok": False, "error": str(error)}
    return {**result, "ok": True, "status": settled.status, "progress": progress(settled) if settled.yes else None}


async def settled_as_shown(cases: CaseClient, shown: Approval, decision: str, who: str, note: str | None) -> Approval:
    """Decide under exactly the revision that was shown, and return the approval as it is then. Raises: HandrailError."""
    from handrail.domain.actions.approvals import DecisionInput
    from handrail.temporal.cases.client import made

    seen = {"approval_id": shown.approval_id, "revision": shown.revision}
    return await cases.decide(shown.case_id, made(DecisionInput, decision=decision, reviewer=who, note=note, **seen))


def documents(found: Found, paused: dict[str, str]) -> None:
    """Print the approvals for programs."""
    from handrail.cli.common.documents import approval_document, print_document
    from handrail.domain.actions.decisions import progress

    print_document(
        [
            {
                **approval_document(one),
                "progress": progress(one),
                "topic": view.topic,
                "customer_id": view.customer_id,
                "paused": paused.get(view.case_id),
            }
            for view, one in found
        ]
    )


def show(found: Found, nothing: str, *, how: bool = True) -> None:
    """Print the approvals for people."""
    from handrail.cli.common.tables import print_approval, screen

    for _, one in found:
        print_approval(one)
    if not found:
        screen().print(nothing)
    elif how:
        screen().print(
            "\nDecide one: handrail decide CASE approve|reject|edit|answer --approval A --revision N --reviewer YOU"
            "\nDecide several: handrail approvals decide approve|reject --reviewer YOU"
        )
