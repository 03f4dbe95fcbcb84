"""`handrail corrections …`: what people changed, refused, took over and handed back, as tests of the next agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from handrail.cli.common.options import Json, Limit, Note, Reviewer, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.evaluation.corrections import (
        Acceptance,
        CollectReport,
        CorrectionDecision,
        RecordedRead,
        Relied,
        StoredCorrection,
    )

app = typer.Typer(no_args_is_help=True, help="What people corrected, as tests: collect, read, accept, reject.")
StateName = Literal["new", "accepted", "retired"]
KindName = Literal["edit", "rejection", "takeover", "hand_back"]
CorrectionId = Annotated[str, typer.Argument(metavar="CORRECTION", help="Its id, as the list says.", show_default=False)]
SHOWN = 60


@app.command()
def collect(ctx: typer.Context, as_json: Json = False) -> None:
    """Take what is new out of the record, each once; retire what relied on a rule or a topic that was changed."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.counting import many

    found = run_async(collected(world(ctx)))
    if as_json:
        print_document(found)
        return
    screen().print(plain(f"{many(found.collected, 'correction')} collected, {found.merged} merged with nearly the same."))
    for retired in found.retired:
        screen().print(plain(f"retired {retired.correction_id} ({retired.topic}): {retired.because}"))


@app.command("list")
def list_corrections(
    ctx: typer.Context,
    state: Annotated[StateName | None, typer.Option("--state", help="Only those.", show_default=False)] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Only those of it.", show_default=False)] = None,
    kind: Annotated[KindName | None, typer.Option("--kind", help="Only those.", show_default=False)] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The corrections, the newest first; without the third that is held out."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows, short

    found = run_async(listed(world(ctx), state, topic, kind, limit))
    if as_json:
        print_document(found)
        return
    rows = [
        (row.correction_id, row.state, row.kind, row.topic, row.reason, row.seen, needs(row), short(row.happened_at))
        for row in found
    ]
    print_rows(("correction", "state", "kind", "topic", "reason", "seen", "needs", "when"), rows, "No corrections.")


@app.command()
def show(ctx: typer.Context, correction_id: CorrectionId, as_json: Json = False) -> None:
    """One correction: what was said, proposed and done, and what the decision relied on."""
    from handrail.cli.common.documents import print_document

    found = run_async(shown(world(ctx), correction_id))
    if as_json:
        print_document(found)
    else:
        print_correction(found)


@app.command()
def accept(
    ctx: typer.Context, correction_id: CorrectionId, reviewer: Reviewer, note: Note = None, as_json: Json = False
) -> None:
    """Make it a test. One that loosens what the agent may do needs two different people."""
    decide(world(ctx), correction_id, reviewer, note, accepting=True, as_json=as_json)


@app.command()
def reject(
    ctx: typer.Context, correction_id: CorrectionId, reviewer: Reviewer, note: Note = None, as_json: Json = False
) -> None:
    """Retire it: it is no test, or no longer."""
    decide(world(ctx), correction_id, reviewer, note, accepting=False, as_json=as_json)


def decide(place: CliContext, correction_id: str, reviewer: str, note: str | None, *, accepting: bool, as_json: bool) -> None:
    """Accept or retire, and tell what came of it."""
    from datetime import UTC, datetime

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.case.messages import check_text
    from handrail.domain.quality.evaluation.corrections import Acceptance

    words = optional_words("--note", note)
    said = check_text("--note", words, 2_000) if words and words.strip() else ""
    given = Acceptance(by=named(place, person(reviewer)), at=datetime.now(UTC), note=said)
    found = run_async(decided(place, correction_id, given, accepting=accepting))
    if as_json:
        print_document(found)
    else:
        screen().print(plain(f"{found.correction_id}: {found.state}. {found.missing}".rstrip()))


def named(place: CliContext, name: str) -> str:
    """Return the one name of a reviewer, so that nobody counts twice under two.

    Raises:
        InvalidInput: reviewers.yaml lets only those decide whom it names, and this is none of them.
        DefinitionInvalid: the file cannot be used.
    """
    from handrail.domain.errors import InvalidInput
    from handrail.domain.team.reviewers import FILE
    from handrail.reviewers.loader import FileReviewers

    settings = place.settings
    folder = settings.definitions or place.business.folder
    reviewers = FileReviewers(folder / FILE, strict=settings.reviewers_strict).now()
    roster = reviewers.roster
    if roster is not None and not reviewers.known(name) and (reviewers.strict or roster.anyone is None):
        known = ", ".join(reviewer.name for reviewer in roster.people)
        raise InvalidInput(f"--reviewer: {name} is not in {FILE}, which names {known}.")
    return reviewers.called(name)


async def collected(place: CliContext) -> CollectReport:
    """Collect. Raises: DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime

    from handrail.postgres.quality.corrections import PostgresCorrections
    from handrail.quality.corrections.collecting import LOOKS_BACK, CorrectionCollector
    from handrail.wiring.days.relied import in_force

    stands = in_force(place.settings.definitions or place.business.folder, place.business)
    now = datetime.now(UTC)
    async with place.pool() as pool:
        store = PostgresCorrections(pool)
        found = await CorrectionCollector(store).collect(stands, now)
        await store.forget(now - LOOKS_BACK)
        return found


async def listed(
    place: CliContext, state: str | None, topic: str | None, kind: str | None, limit: int
) -> list[StoredCorrection]:
    """Read those that people may see. Raises: Unreachable."""
    from handrail.postgres.quality.corrections import PostgresCorrections

    async with place.pool() as pool:
        return await PostgresCorrections(pool).shown(state=state, topic=topic, kind=kind, limit=limit)


async def shown(place: CliContext, correction_id: str) -> StoredCorrection:
    """Read one. Raises: InvalidInput, Unreachable."""
    from handrail.postgres.quality.corrections import PostgresCorrections

    async with place.pool() as pool:
        return await PostgresCorrections(pool).show(correction_id)


async def decided(place: CliContext, correction_id: str, given: Acceptance, *, accepting: bool) -> CorrectionDecision:
    """Write it down. Raises: InvalidInput, Unreachable."""
    from handrail.postgres.quality.corrections import PostgresCorrections

    async with place.pool() as pool:
        store = PostgresCorrections(pool)
        return await (store.accept if accepting else store.reject)(correction_id, given)


def needs(found: StoredCorrection) -> str:
    """Say how many people have to accept it yet."""
    if found.state != "new":
        return ""
    left = (2 if found.loosens else 1) - len(found.accepted)
    return "two people" if left > 1 else "another person" if found.accepted else "a person"


def print_correction(found: StoredCorrection) -> None:
    """Print it for people."""
    from handrail.cli.common.tables import arguments, moment, print_pairs
    from handrail.domain.counting import many

    body = found.body
    said = "\n".join(f"{message.author}: {message.text}" for message in body.said)
    people = ", ".join(acceptance.by for acceptance in found.accepted)
    print_pairs(
        [
            ("correction", f"{found.correction_id}, {found.kind} in {found.topic}, seen {many(found.seen, 'time')}"),
            ("state", f"{found.state}{f', accepted by {people}' if people else ''}"),
            (
                "retired",
                f"{moment(found.retired_at)} by {found.retired_by}: {found.retired_because}" if found.retired_at else "",
            ),
            ("loosens", body.loosens),
            ("said", said),
            ("proposed", f"{body.action}: {arguments(body.proposed)}" if body.proposed else "nothing"),
            ("done", f"{body.action}: {arguments(body.done)}" if body.done else "nothing"),
            ("by", f"{body.decided_by}, {moment(found.happened_at)}{f': {body.note}' if body.note else ''}"),
            ("read", "\n".join(map(read, body.reads))),
            ("rules", ", ".join(body.relied.rules)),
            ("answered", answered_by(body.relied)),
        ]
    )


def read(fact: RecordedRead) -> str:
    """A fact that was read, in a line."""
    import json

    return f"{fact.name}: {json.dumps(fact.value, ensure_ascii=False)[:SHOWN]}"


def answered_by(relied: Relied) -> str:
    """Say which model answered, with which prompt and graph."""
    if not relied.model:
        return "by no model"
    return f"{relied.model} with prompt {relied.prompt}, graph {relied.graph}"
