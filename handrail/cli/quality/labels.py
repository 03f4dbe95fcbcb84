"""`handrail labels`: people say of a case whether it meets a criterion, without knowing what a judge said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import CaseArgument, Json, Note, Reviewer, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.labels import GivenLabel, NextLabel
    from handrail.domain.quality.rubric import Rubric

app = typer.Typer(no_args_is_help=True, help="Label cases by the rubric, by which the judge is calibrated.")
LONGEST_NOTE = 2_000
CriterionArgument = Annotated[str, typer.Argument(metavar="CRITERION", help="A name of rubric.yaml.", show_default=False)]


@app.callback()
def group() -> None:
    """Label cases."""


@app.command("next")
def next_label(ctx: typer.Context, reviewer: Reviewer, as_json: Json = False) -> None:
    """Show the next case and criterion: the conversation without private numbers, and what counts as a fail."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen

    found = run_async(read_next(world(ctx), person(reviewer)))
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
    from handrail.domain.quality.labels import LabelVerdict

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
    found = run_async(kept(world(ctx), case, criterion, person(reviewer), chosen[0], text))
    if as_json:
        return print_document(found)
    return screen().print(plain(f"{found.case_id}, {found.criterion}: {found.verdict}, by {found.reviewer}."))


async def read_next(place: CliContext, reviewer: str) -> NextLabel | None:
    """Read what this person labels next. Raises: InvalidInput, DefinitionInvalid, Unreachable."""
    from handrail.domain.quality.labels import NextLabel
    from handrail.domain.quality.rubric import label_key
    from handrail.postgres.quality.judging import PostgresJudging
    from handrail.postgres.quality.labels import PostgresLabels

    criteria = rubric(place).criteria
    name = may_label(place, reviewer)
    async with place.pool() as pool:
        waiting = await PostgresLabels(pool).waiting(name, [label_key(one) for one in criteria.values()])
        if not waiting:
            return None
        case_id, criterion = waiting[0]
        material = await PostgresJudging(pool).material(case_id)
    assert material is not None  # noqa: S101 - a task's case is in the record, its key says so
    asked = criteria[criterion]
    return NextLabel(
        case_id=case_id,
        criterion=criterion,
        question=asked.question,
        fails_when=asked.fails_when,
        material=material,
        waiting=len(waiting),
    )


async def kept(place: CliContext, case_id: str, criterion: str, reviewer: str, verdict: str, note: str) -> GivenLabel:
    """Keep the label. Raises: InvalidInput, DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime

    from handrail.domain.errors import InvalidInput
    from handrail.domain.quality.labels import GivenLabel, LabelVerdict
    from handrail.domain.quality.rubric import label_key
    from handrail.postgres.quality.labels import PostgresLabels

    criteria = rubric(place).criteria
    if criterion not in criteria:
        raise InvalidInput(f"CRITERION: {criterion[:40]!r} is none of the rubric's. Known: {', '.join(criteria)}.")
    label = GivenLabel(
        case_id=case_id,
        criterion=criterion,
        wording=label_key(criteria[criterion]),
        reviewer=may_label(place, reviewer),
        verdict=LabelVerdict(verdict),
        note=note,
        given_at=datetime.now(UTC),
    )
    async with place.pool() as pool:
        await PostgresLabels(pool).give(label)
    return label


def rubric(place: CliContext) -> Rubric:
    """Return the rubric in force. Raises: DefinitionInvalid."""
    from handrail.quality.judging.loader import load_rubric

    return load_rubric(place.settings.definitions or place.business.folder).value


def may_label(place: CliContext, name: str) -> str:
    """Return the person's one name: somebody of reviewers.yaml or people.yaml, anybody where the business has neither.

    Raises:
        InvalidInput: neither file names them.
    """
    from handrail.domain.errors import InvalidInput
    from handrail.domain.team.reviewers import FILE
    from handrail.people.loader import FilePeople
    from handrail.reviewers.loader import FileReviewers

    folder = place.settings.definitions or place.business.folder
    reviewers = FileReviewers(folder / FILE, strict=place.settings.reviewers_strict).now()
    team = FilePeople(folder / "people.yaml").roster().by_name
    called = reviewers.called(name)
    if reviewers.known(name) or called in team or (reviewers.roster is None and not team):
        return called
    names = sorted({*team, *(one.name for one in (reviewers.roster.people if reviewers.roster else []))})
    raise InvalidInput(f"--reviewer: {name[:60]!r} is neither in {FILE} nor in people.yaml. Known: {', '.join(names)}.")


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
