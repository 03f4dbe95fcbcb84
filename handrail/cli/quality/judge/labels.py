"""`handrail labels`: people say of a case whether it meets a criterion, without knowing what a judge said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from handrail.cli.common.options import CaseArgument, Json, Note, Reviewer, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.judge.labels import NextLabel
    from handrail.quality.judging.labelling import BlindLabelling

app = typer.Typer(no_args_is_help=True, help="Label cases by the rubric, by which the judge is calibrated.")
Done = TypeVar("Done")
CriterionArgument = Annotated[str, typer.Argument(metavar="CRITERION", help="A name of rubric.yaml.", show_default=False)]


@app.callback()
def group() -> None:
    """Label cases."""


@app.command("next")
def next_label(ctx: typer.Context, reviewer: Reviewer, as_json: Json = False) -> None:
    """Show the next case and criterion: the conversation without private numbers, and what counts as a fail."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen

    name = person(reviewer)
    found = run_async(_with(world(ctx), lambda labelling: labelling.next(name)))
    if as_json:
        return print_document(found if found else {"waiting": 0})
    if found is None:
        return screen().print("No case waits for your label. The step `judge` of each day chooses new ones.")
    return show(found)


@app.command()
def give(
    ctx: typer.Context,
    case_id: CaseArgument,
    criterion: CriterionArgument,
    reviewer: Reviewer,
    fails: Annotated[bool, typer.Option("--fail", help="It does not meet the criterion.")] = False,
    passes: Annotated[bool, typer.Option("--pass", help="It meets the criterion.")] = False,
    cannot_say: Annotated[bool, typer.Option("--cannot-say", help="It cannot be told from what is shown.")] = False,
    note: Note = None,
    as_json: Json = False,
) -> None:
    """Give a label; given again by the same person it replaces theirs."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.case.messages import check_identifier, check_text
    from handrail.domain.errors import InvalidInput
    from handrail.domain.quality.judge.labels import LONGEST_NOTE, LabelVerdict

    chosen = [
        verdict
        for verdict, wanted in zip(
            (LabelVerdict.FAIL, LabelVerdict.PASS, LabelVerdict.CANNOT_SAY), (fails, passes, cannot_say), strict=True
        )
        if wanted
    ]
    if len(chosen) != 1:
        raise InvalidInput("Give one of --fail, --pass and --cannot-say.")
    words = optional_words("--note", note)
    text = check_text("--note", words, LONGEST_NOTE) if words is not None else ""
    case = check_identifier("CASE", case_id)
    who = person(reviewer)
    found = run_async(_with(world(ctx), lambda labelling: labelling.give(case, criterion, who, chosen[0], text)))
    if as_json:
        return print_document(found)
    return screen().print(plain(f"{found.case_id}, {found.criterion}: {found.verdict}, by {found.reviewer}."))


async def _with(place: CliContext, work: Callable[[BlindLabelling], Awaitable[Done]]) -> Done:
    from handrail.wiring.days.labelling import labelling_of

    async with place.pool() as pool:
        return await work(labelling_of(place.settings, place.business, pool))


def show(found: NextLabel) -> None:
    """Print the case as it is labelled."""
    from rich.text import Text

    from handrail.cli.common.tables import plain, screen

    out = screen()
    out.print(plain(f"{found.case_id} · {found.criterion} · {found.waiting} wait for you\n"))
    for piece in found.material.said:
        out.print(Text.assemble((f"{piece.kind}", "bold"), "\n", plain(piece.text), "\n"))
    for piece in found.material.done:
        out.print(Text.assemble(("record", "bold"), "  ", plain(piece.text)))
    out.print(plain(f"\n{found.question}\nIt fails when {found.fails_when}\n"))
    out.print(plain(f"handrail labels give {found.case_id} {found.criterion} --pass | --fail | --cannot-say"))
