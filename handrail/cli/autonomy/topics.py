"""`handrail topics …`: how far the agent may go in each topic now, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world
from handrail.domain.counting import many

if TYPE_CHECKING:
    from handrail.cli.autonomy.standings import TopicStatus

app = typer.Typer(no_args_is_help=True, help="Topics: how far the agent may go in each now, and why.")


@app.command("list")
def list_topics(ctx: typer.Context, as_json: Json = False) -> None:
    """Every topic: what its file says, what holds now, and how far its review gate is."""
    from handrail.cli.autonomy.standings import standings
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    found = run_async(standings(world(ctx)))
    if as_json:
        print_document(found)
        return
    rows = [
        (
            one.name,
            "people" if one.people_only else one.autonomy,
            now(one),
            gate_words(one),
            " ".join(one.languages),
            thresholds(one),
        )
        for one in found
    ]
    print_rows(("topic", "file", "now", "review gate", "languages", "thresholds"), rows, "No topics.")


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic's name.", show_default=False)],
    as_json: Json = False,
) -> None:
    """One topic with everything that is said about its autonomy."""
    from handrail.cli.autonomy.standings import standings
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_pairs

    one = run_async(standings(world(ctx), name))[0]
    if as_json:
        print_document(one)
        return
    print_pairs(
        [
            ("topic", one.name),
            ("about", one.description),
            ("owner", "" if one.people_only else one.owner or "nobody, so it cannot be 'auto'"),
            ("file", "for people only" if one.people_only else f"autonomy '{one.autonomy}', version {one.version}"),
            ("now", now(one)),
            ("why", "\n".join(f"{said.autonomy}: {said.why}" for said in one.settings)),
            ("review gate", gate_words(one)),
            ("languages", " ".join(one.languages)),
            ("tools", ", ".join(one.tools)),
            ("thresholds", thresholds(one)),
            ("gates", words(one.gates.model_dump())),
            ("patience", words(one.patience.model_dump())),
            ("bounds", words(one.bounds.model_dump())),
            ("reply within", many(one.reply_within_minutes, "minute")),
        ]
    )


def now(one: TopicStatus) -> str:
    """Return what holds now, in a word."""
    return "people only" if one.people_only else str(one.effective)


def gate_words(one: TopicStatus) -> str:
    """Describe how far the gate is."""
    return "" if one.review_gate is None else one.review_gate.why.removeprefix("Review gate: ")


def thresholds(one: TopicStatus) -> str:
    """Describe from which confidence the agent answers, and over which frustration a person does."""
    return f"confidence {one.confidence_threshold:g}, frustration {one.frustration_threshold:g}"


def words(values: Mapping[str, object]) -> str:
    """name value, name value."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
