"""`handrail release ramp …`: a candidate release beside the one in force, step by step, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.cli.rollout.ramping import RampStatus
    from handrail.domain.rollout.ramps import Ramp

app = typer.Typer(no_args_is_help=True, help="Serve a candidate to a share of the customers, and take it back.")
Percent = Annotated[float, typer.Option("--percent", min=0, max=100, help="Customers whom it answers, in per cent.")]
Folder = Annotated[
    Path | None,
    typer.Option("--prompts", help="Folder: a file for each topic whose prompt is another.", show_default=False),
]
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]
Why = Annotated[str | None, typer.Option("--note", help="Words that stay with it.", show_default=False)]


@app.command()
def start(
    ctx: typer.Context,
    by: By,
    percent: Percent = 0,
    model: Annotated[str | None, typer.Option("--model", help="The candidate's model.", show_default=False)] = None,
    model_url: Annotated[str | None, typer.Option("--model-url", help="Its server.", show_default=False)] = None,
    prompts: Folder = None,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Start a ramp, and own it. More than 0 per cent takes a gatekeeper, and an evaluation that passed."""
    from handrail.cli.common.rail import topics
    from handrail.cli.rollout.ramping import started
    from handrail.quality.rollout.candidate import read_candidate

    place = world(ctx)
    candidate = read_candidate(model, model_url, prompts, topics(place))
    words = optional_words("--note", note) or ""
    show(run_async(started(place, candidate, person(by), percent, words)), as_json=as_json)


@app.command()
def step(
    ctx: typer.Context,
    percent: Annotated[float, typer.Argument(min=0, max=100, metavar="PERCENT", show_default=False)],
    by: By,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Set the share. Up takes the ramp's owner and a gate that is open; down takes anybody."""
    from handrail.cli.rollout.ramping import stepped

    words = optional_words("--note", note) or ""
    show(run_async(stepped(world(ctx), percent, person(by), words)), as_json=as_json)


@app.command()
def stop(ctx: typer.Context, by: By, note: Why = None, as_json: Json = False) -> None:
    """End the ramp: everybody is answered by the release in force from the next model call on."""
    from handrail.cli.rollout.ramping import stopped

    show(run_async(stopped(world(ctx), person(by), optional_words("--note", note) or "")), as_json=as_json)


@app.command()
def check(ctx: typer.Context, as_json: Json = False) -> None:
    """Compare the arms now, as each day does by itself; what is proven worse is rolled back at once."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.cli.rollout.ramping import checked

    found = run_async(checked(world(ctx)))
    if as_json:
        print_document(found)
        return
    for one in found:
        screen().print(plain(one.words))
    if not found:
        screen().print("No ramp answers anybody, so there is nothing to compare.")
    elif any(one.worse_since for one in found):
        screen().print("The ramp was rolled back: everybody is answered by the release in force.")


@app.command()
def status(ctx: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """Show the ramp: its arms, its steps, and where the candidate's gate stands."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, print_pairs, print_rows, screen
    from handrail.cli.rollout.ramping import status_of

    found: RampStatus = run_async(status_of(world(ctx), limit))
    if as_json:
        print_document(found)
        return
    if found.ramp is None:
        screen().print(plain("There was no ramp yet: everybody is answered by the release in force."))
        return
    print_pairs([*pairs(found.ramp), ("gate", found.gate), ("shadow", "; ".join(found.shadow))])
    rows = [(name, count.cases, count.customers) for name, count in found.arms.items()]
    print_rows(("arm", "cases", "customers"), rows, "No case was assigned to an arm yet.")
    steps = [(moment(one.at), one.kind, f"{one.percent:g} %", one.actor, one.words) for one in found.steps]
    print_rows(("at", "step", "customers", "by", "why"), steps, "")


def show(found: Ramp, *, as_json: bool) -> None:
    """The ramp as it stands now."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_pairs

    print_document(found) if as_json else print_pairs(pairs(found))


def pairs(found: Ramp) -> list[tuple[str, object]]:
    """Return what matters about a ramp, for people."""
    from handrail.cli.common.tables import moment

    differs = [found.candidate.model, found.candidate.model_url, *(f"prompt of {one}" for one in found.candidate.prompts)]
    share = f"{found.percent:g} % of the customers"
    return [
        ("ramp", found.ramp_id),
        ("candidate", found.release),
        ("beside", found.base),
        ("differs in", ", ".join(filter(None, differs))),
        ("owner", found.owner),
        ("stands", share if found.going else f"ended by {found.kind}: everybody is answered by the release in force"),
        ("since", moment(found.stepped_at)),
        ("evaluation", found.evaluation_id),
    ]
