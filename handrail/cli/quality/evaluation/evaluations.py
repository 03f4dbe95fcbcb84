"""`handrail eval …`: accepted corrections played through the real graph, without effects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json, Limit, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.quality.evaluation.evaluations import EvaluationReport

app = typer.Typer(no_args_is_help=True, help="Play accepted corrections, or a suite, through the real graph, without effects.")
Model = Annotated[str | None, typer.Option("--model", help="Another model, by its name on its server.", show_default=False)]
ModelUrl = Annotated[str | None, typer.Option("--model-url", help="Another server for it.", show_default=False)]
Prompt = Annotated[
    Path | None,
    typer.Option(
        "--prompt",
        help="A topic's YAML file, the text of its prompt (with --topic), or a folder of both.",
        show_default=False,
    ),
]
PolicyFolder = Annotated[Path | None, typer.Option("--policy", help="A folder of policies.", show_default=False)]
GraphModule = Annotated[
    str | None, typer.Option("--graph", help="A module with its own build_case_graph.", show_default=False)
]
PromptTopic = Annotated[str | None, typer.Option("--topic", help="Whose prompt a bare text is.", show_default=False)]
Only = Annotated[str | None, typer.Option("--only", help="A topic whose corrections alone count.", show_default=False)]
Suite = Annotated[Path | None, typer.Option("--suite", help="A YAML file of tests of your own.", show_default=False)]
Baseline = Annotated[
    str | None,
    typer.Option("--baseline", help="A stored evaluation to compare with, or 'in-force'.", show_default=False),
]
Html = Annotated[Path | None, typer.Option("--html", help="Write the report there, too.", show_default=False)]


@app.command()
def run(
    ctx: typer.Context,
    model: Model = None,
    model_url: ModelUrl = None,
    prompt: Prompt = None,
    policy: PolicyFolder = None,
    graph: GraphModule = None,
    topic: PromptTopic = None,
    only: Only = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=20, help="How often each is played.")] = 3,
    held_out: Annotated[bool, typer.Option("--held-out", help="Those that nobody sees; tells counts alone.")] = False,
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who asks.", show_default=False)] = "unnamed",
    suite: Suite = None,
    baseline: Baseline = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Play each correction several times; with something other than what is in force, both, side by side.

    Exit code 3 where it does not pass. Nothing real is touched but the model, which is asked and may cost money.
    """
    from handrail.cli.quality.evaluation.evaluating import EvaluationAsked, check_gatekeeper, evaluated, model_at, rules_of
    from handrail.embedded.throwaway import server
    from handrail.quality.evaluation.variants import WantedVariant

    place, wanted = world(ctx), WantedVariant(model, model_url, prompt, topic, policy, graph)
    asked = EvaluationAsked(
        wanted, repeats, person(by), held_out=held_out, only=only, suite=suite, baseline=baseline, quiet=as_json
    )
    if held_out:
        check_gatekeeper(rules_of(place), asked.by, "--by")
    with model_at(place.settings) as settings, server() as throwaway:
        found = run_async(evaluated(place, settings, asked, throwaway))
    told(found, html, as_json=as_json)
    if not found.passed:
        raise typer.Exit(Exit.REFUSED)


@app.command("list")
def list_evaluations(ctx: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """List the evaluations, the newest first."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    found = run_async(listed(world(ctx), limit))
    if as_json:
        print_document(found)
        return
    rows = [
        (
            kept.evaluation_id,
            kept.candidate.release,
            "passed" if kept.passed else "not passed",
            f"{kept.candidate.passed} of {kept.candidate.tests}{' held out' if kept.held_out else ''}",
            kept.asked_by,
            moment(kept.ended_at),
        )
        for kept in found
    ]
    print_rows(("evaluation", "release", "verdict", "tests", "by", "when"), rows, "No evaluations.")


@app.command()
def show(
    ctx: typer.Context,
    evaluation_id: Annotated[str, typer.Argument(metavar="EVALUATION", help="Its id.", show_default=False)],
    html: Html = None,
    as_json: Json = False,
) -> None:
    """One evaluation as it was."""
    told(run_async(stored(world(ctx), evaluation_id)), html, as_json=as_json)


def told(found: EvaluationReport, html: Path | None, *, as_json: bool) -> None:
    """Tell an evaluation: as a page where one is asked for, and as JSON or for people.

    Raises:
        InvalidInput: the page cannot be written.
    """
    from handrail.cli.common.documents import print_document
    from handrail.quality.evaluation.page import html_of

    if html is not None:
        write(html, html_of(found))
    if as_json:
        print_document(found)
    else:
        show_report(found)


async def listed(place: CliContext, limit: int) -> list[EvaluationReport]:
    """Read the reports. Raises: Unreachable."""
    from handrail.postgres.quality.evaluations import PostgresEvaluations

    async with place.pool() as pool:
        return await PostgresEvaluations(pool).newest(limit)


async def stored(place: CliContext, evaluation_id: str) -> EvaluationReport:
    """Read one. Raises: InvalidInput, Unreachable."""
    from handrail.postgres.quality.evaluations import PostgresEvaluations

    async with place.pool() as pool:
        return await PostgresEvaluations(pool).show(evaluation_id)


def write(file: Path, text: str) -> None:
    """Raises: InvalidInput where the file cannot be written."""
    from handrail.domain.errors import InvalidInput

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--html: {file}: {error.strerror}. Name a file in a folder that you can write to.") from error


def show_report(found: EvaluationReport) -> None:
    """Show it to people."""
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.quality.evaluation.page import became, figures, passes

    baseline = dict(figures(found.baseline)) if found.baseline else {}
    beside = f"baseline {found.beside}" if found.beside else "baseline"
    rows = [(name, figure, baseline.get(name, "")) for name, figure in figures(found.candidate)]
    print_rows((f"evaluation {found.evaluation_id}", "candidate", beside), rows, "")
    before = {test.correction_id: test for test in found.baseline.cases} if found.baseline else {}
    cases = [
        (
            test.correction_id,
            test.kind,
            test.topic,
            passes(before.get(test.correction_id)),
            passes(test),
            became(before.get(test.correction_id), test),
            test.why,
        )
        for test in found.candidate.cases
    ]
    if cases:
        print_rows(("correction", "kind", "topic", "baseline", "candidate", "became", "why it fails"), cases, "")
    for line in [*found.why, "passed" if found.passed else "not passed"]:
        screen().print(plain(line))
