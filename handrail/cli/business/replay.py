"""`handrail policy replay`: the calls that an existing agent made, ruled on in a copy of the business's data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.probing import probe
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.autonomy.topics import Topic
    from handrail.replay.reading import CallLog

CallFile = Annotated[Path, typer.Option("--calls", metavar="FILE.jsonl", help="A call on each line; - reads standard in.")]
FromStack = Annotated[
    bool, typer.Option("--from-stack", help="Over a copy of the database in use; by default the business's own seed.")
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When calls without a time were made; by default now.")]
Only = Annotated[
    str | None,
    typer.Option("--only", metavar="KIND", help="Show these calls: misses, hits, let-through, or a ruling such as block."),
]
Skip = Annotated[list[str] | None, typer.Option("--skip", metavar="TOOL", help="Leave its lines out; repeatable.")]
Effects = Annotated[bool, typer.Option(help="Run the tools in the copy, or take effects as done without them.")]
Anew = Annotated[
    bool, typer.Option("--each-case-anew", help="Each case begins with the data as copied, not as others left them.")
]


def replay(
    ctx: typer.Context,
    calls: CallFile,
    from_stack: FromStack = False,
    at: At = None,
    only: Only = None,
    skip: Skip = None,
    effects: Effects = True,
    anew: Anew = False,
    as_json: Json = False,
) -> None:
    """Rule on an existing agent's recorded calls, in order, over a copy of the business's data. Needs no stack.

    What is allowed is carried out in the copy, so that later calls see it; the original is never written. Live controls and
    the dial do not count. (`policy diff --replay` compares two sets of policies over what Handrail itself has ruled on.)
    Exit code 1 where a call comes out otherwise than its `expected`, or the business's own code fails on one.
    """
    from handrail.cli.business.policy import folder
    from handrail.cli.business.replayed import KINDS, print_replay, replay_document
    from handrail.cli.common.documents import print_document
    from handrail.domain.errors import InvalidInput
    from handrail.embedded.throwaway import server
    from handrail.policies.loader import FilePolicies
    from handrail.policies.names import nearest
    from handrail.replay.stage import ReplayStage

    if only is not None and only not in KINDS:
        raise InvalidInput(f"--only: {only!r} is none. {nearest(only, KINDS)}.")
    place = world(ctx)
    topics, policies = _topics(place), FilePolicies.of(folder(place), place.business)
    log = _log(place, calls, topics, at, skip or [])
    source = place.settings.database_url.get_secret_value() if from_stack else None
    if source:
        run_async(probe(source))
    with server() as copy:
        stage = ReplayStage(place.business, copy, policies, topics, source, effects, anew)
        report = run_async(stage.replay(log, str(calls)))
    print_document(replay_document(report, only)) if as_json else print_replay(report, only)
    if report.misses or report.failed:
        raise typer.Exit(Exit.UNEXPECTED)


def _topics(place: CliContext) -> list[Topic]:
    """The business's topics; none where it has no folder of them yet. Raises: DefinitionInvalid."""
    from handrail.topics.loader import FileTopics

    folder = (place.settings.definitions or place.business.folder) / "topics"
    return FileTopics(folder, place.business.by_name).all() if folder.is_dir() else []


def _log(place: CliContext, file: Path, topics: list[Topic], at: str | None, skip: list[str]) -> CallLog:
    """Read the file. Raises: InvalidInput, with every fault."""
    from handrail.cli.business.policy import names
    from handrail.cli.common.options import words
    from handrail.domain.errors import InvalidInput
    from handrail.replay.lines import moment
    from handrail.replay.reading import CallNames, read_log

    known = CallNames(
        policies=names(place),
        tools=sorted(place.business.by_name),
        topics=[one.name for one in topics],
        at=None if at is None else moment("--at", at),
        skipped=skip,
    )
    if str(file) == "-":
        text = words("--calls", "-")
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"--calls: {file} cannot be read ({error}). Name a file of JSON lines in UTF-8.") from error
    return read_log(text, str(file), known, datetime.now(UTC))
