"""`handrail release shadow …`: a candidate that answers real cases where nobody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.cli.rollout.shadowing import ShadowStatus
    from handrail.domain.rollout.shadows import AnswersCompared, Shadow, ShadowReport

app = typer.Typer(no_args_is_help=True, help="Have a candidate answer real cases where nobody sees it, and compare.")
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]
Why = Annotated[str | None, typer.Option("--note", help="Words that stay with it.", show_default=False)]
Folder = Annotated[
    Path | None,
    typer.Option("--prompts", help="Folder: a file for each topic whose prompt is another.", show_default=False),
]
Number = Annotated[int | None, typer.Option("--shadow", help="Another one than the newest.", show_default=False)]
GraphModule = Annotated[str | None, typer.Option("--graph", help="A module with its build_case_graph.", show_default=False)]


@app.command()
def start(
    ctx: typer.Context,
    by: By,
    share: Annotated[float, typer.Option("--share", min=0.01, max=100, help="Cases that it answers, in per cent.")] = 10,
    model: Annotated[str | None, typer.Option("--model", help="The candidate's model.", show_default=False)] = None,
    model_url: Annotated[str | None, typer.Option("--model-url", help="Its server.", show_default=False)] = None,
    prompts: Folder = None,
    topics: Annotated[Path | None, typer.Option("--topics", help="A folder of topics.", show_default=False)] = None,
    policies: Annotated[Path | None, typer.Option("--policies", help="A folder of policies.", show_default=False)] = None,
    graph: GraphModule = None,
    calls: Annotated[int, typer.Option("--calls", min=1, help="Calls of its model a day, at most.")] = 500,
    lookups: Annotated[int, typer.Option("--lookups", min=1, help="Look-ups in the business's systems a day.")] = 2_000,
    tokens: Annotated[int, typer.Option("--tokens", min=1, help="Tokens a day.")] = 2_000_000,
    usd: Annotated[float, typer.Option("--usd", min=0.000001, help="Money a day, as far as prices are set.")] = 2.0,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Start a shadow: workers answer a share of the new cases with the candidate, too. Nobody sees it, nothing is done."""
    from handrail.cli.rollout.shadowing import asked_for, shadow_started
    from handrail.domain.rollout.ramps import Candidate
    from handrail.domain.rollout.shadows import ShadowBudget

    place, words = world(ctx), optional_words("--note", note) or ""
    budget = ShadowBudget(calls=calls, lookups=lookups, tokens=tokens, usd=usd)
    candidate = asked_for(place, Candidate(model=model, model_url=model_url), prompts, topics, policies, graph)
    show(run_async(shadow_started(place, candidate, person(by), share, budget, words)), as_json=as_json)


@app.command()
def stop(ctx: typer.Context, by: By, note: Why = None, as_json: Json = False) -> None:
    """End the shadow: no further case is answered; what it answered stays."""
    from handrail.cli.rollout.shadowing import shadow_stopped

    show(run_async(shadow_stopped(world(ctx), person(by), optional_words("--note", note) or "")), as_json=as_json)


@app.command()
def status(ctx: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """Show the newest shadow: what it answers, what it used of today's budget, its steps."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, plain, print_pairs, print_rows, screen
    from handrail.cli.rollout.shadowing import shadow_status
    from handrail.domain.counting import many

    found: ShadowStatus = run_async(shadow_status(world(ctx), limit))
    if as_json:
        print_document(found)
        return
    if found.shadow is None:
        screen().print(plain("There was no shadow yet."))
        return
    budget, today = found.shadow.budget.model_dump(), found.today.model_dump()
    used = ", ".join(f"{today[name]:,} of {most:,} {name}" for name, most in budget.items())
    print_pairs(
        [
            *pairs(found.shadow),
            ("today", used),
            ("answers", f"{found.answers} of {many(found.sampled, 'case')}"),
            ("", found.rests),
        ]
    )
    steps = [(moment(one.at), one.kind, one.actor, one.words) for one in found.steps]
    print_rows(("at", "step", "by", "why"), steps, "")


@app.command()
def report(ctx: typer.Context, number: Number = None, limit: Limit = 1_000, as_json: Json = False) -> None:
    """Compare the answers with what really happened, and with what people decided."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.rollout.shadowing import shadow_report

    found = run_async(shadow_report(world(ctx), number, limit))
    print_document(found) if as_json else told(found)


def show(found: Shadow, *, as_json: bool) -> None:
    """The shadow as it stands now."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_pairs

    print_document(found) if as_json else print_pairs(pairs(found))


def pairs(found: Shadow) -> list[tuple[str, object]]:
    """Return what matters about a shadow, for people."""
    from handrail.cli.common.tables import moment

    return [
        ("shadow", found.shadow_id),
        ("candidate", found.release),
        ("beside", found.base),
        ("differs in", ", ".join(found.candidate.differs)),
        ("owner", found.owner),
        ("stands", f"{found.share:g} % of the new cases" if found.going else "stopped"),
        ("since", moment(found.started_at if found.going else found.stopped_at)),
    ]


def told(found: ShadowReport) -> None:
    """The report for people."""
    from handrail.cli.common.tables import plain, print_pairs, print_rows, screen
    from handrail.quality.shadow.comparing import SHARES, share_words

    print_pairs(pairs(found.shadow))
    for line in found.words[:1]:
        screen().print(plain(line))
    columns = [found.shares, *found.by_topic.values()]
    rows = [(words, *(share_words(column[name]) for column in columns)) for name, words in SHARES.items()]
    print_rows(("the candidate", "all", *found.by_topic), rows, "")
    reasons = [*(("no answer", *one) for one in found.failed.items()), *(("left out", *one) for one in found.left_out.items())]
    if reasons:
        print_rows(("", "why", "cases"), [(one[0], one[1], one[2]) for one in reasons], "")
    differing = [one for one in found.cases if not one.left_out and False in (one.route, one.tool, one.ruling, one.passes)]
    marks = [_marked(one) for one in differing]
    if marks:
        print_rows(("differs", "topic", "route", "tool", "ruling", "passes", "as people"), marks, "")
    spent = ", ".join(f"{value:,} {name}" for name, value in found.spent.model_dump().items())
    screen().print(plain(f"Used in all: {spent}."))


def _marked(one: AnswersCompared) -> tuple[object, ...]:
    values = (one.route, one.tool, one.ruling, one.passes, one.agrees)
    return one.case_id, one.topic, *map(_mark, values)


def _mark(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
