"""`handrail release …`: what answers now, whether it has passed an evaluation, and letting one through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, Limit, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world
from handrail.cli.rollout import ramp, shadow

if TYPE_CHECKING:
    from handrail.domain.quality.evaluation.releases import ReleasePass, ReleaseStanding

app = typer.Typer(no_args_is_help=True, help="What answers now, and whether it has passed an evaluation.")
app.add_typer(ramp.app, name="ramp")
app.add_typer(shadow.app, name="shadow")


@app.command()
def show(ctx: typer.Context, as_json: Json = False) -> None:
    """The release in force: its parts, and where its gate stands."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_pairs

    found = run_async(standing(world(ctx)))
    if as_json:
        print_document(found)
        return
    parts = found.parts.model_dump() if found.parts else {}
    passed = found.passed
    print_pairs(
        [
            ("release", found.release),
            *((name, ", ".join(value) if isinstance(value, list) else value) for name, value in parts.items()),
            ("gate", found.why),
            ("passed", f"{passed.evaluation_id} by {passed.passed_by}, {moment(passed.passed_at)}" if passed else ""),
        ]
    )


@app.command("pass")
def let_through(
    ctx: typer.Context,
    evaluation_id: Annotated[str, typer.Argument(metavar="EVALUATION", help="That passed.", show_default=False)],
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="The gatekeeper.", show_default=False)],
    note: Annotated[str | None, typer.Option("--note", help="Words that stay with it.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Let the release of an evaluation through, as a gatekeeper: where it is in force, `auto` is `auto`."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    found = run_async(passed_by(world(ctx), evaluation_id, person(by), optional_words("--note", note) or ""))
    if as_json:
        print_document(found)
    else:
        screen().print(plain(f"{found.release}: let through by {found.passed_by} on {found.evaluation_id}."))


@app.command("list")
def list_releases(ctx: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """The releases that were let through, the newest first."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, percent, print_rows

    found = run_async(listed(world(ctx), limit))
    if as_json:
        print_document(found)
        return
    rows = [
        (
            kept.release,
            kept.parts.model,
            kept.evaluation_id,
            percent(kept.retired),
            kept.passed_by,
            moment(kept.passed_at),
            kept.words,
        )
        for kept in found
    ]
    headings = ("release", "model", "evaluation", "retired since", "by", "when", "note")
    print_rows(headings, rows, "No release was let through.")


async def standing(place: CliContext) -> ReleaseStanding:
    """Read where the release in force stands, also where no gate is set. Raises: DefinitionInvalid, Unreachable."""
    from handrail.cli.quality.evaluation.releasing import gate_over

    async with place.pool() as pool:
        gate = gate_over(place.settings, place.business, pool)
        found = await gate.standing()
        if found.parts is not None:
            return found
        parts = await gate.in_force()
        return found.model_copy(update={"parts": parts, "release": parts.release})


async def passed_by(place: CliContext, evaluation_id: str, by: str, words: str) -> ReleasePass:
    """Let it through.

    Raises:
        InvalidInput: this person is no gatekeeper; the evaluation did not pass, is too old, or told counts alone.
        DefinitionInvalid, Unreachable.
    """
    from datetime import UTC, datetime, timedelta

    from handrail.cli.quality.evaluation.evaluating import check_gatekeeper, rules_of
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.quality.evaluations import PostgresEvaluations, PostgresReleases

    rules = rules_of(place)
    check_gatekeeper(rules, by, "--by")
    assert rules is not None  # noqa: S101 - checked
    async with place.pool() as pool:
        report = await PostgresEvaluations(pool).show(evaluation_id)
        if report.held_out:
            raise InvalidInput(f"{evaluation_id}: tells counts of what is held out alone. Name one over what people accepted.")
        if report.only is not None:
            raise InvalidInput(f"{evaluation_id}: played the corrections of {report.only} alone. Name one over all of them.")
        if not report.passed:
            raise InvalidInput(f"{evaluation_id}: has not passed: {'; '.join(report.why)}.")
        if datetime.now(UTC) - report.ended_at >= timedelta(days=rules.lasts_days):
            raise InvalidInput(f"{evaluation_id}: is older than {rules.lasts_days:g} days. Evaluate again.")
        releases = PostgresReleases(pool)
        await releases.let_through(report, by, words)
        return (await releases.newest(1, report.candidate.release))[0]


async def listed(place: CliContext, limit: int) -> list[ReleasePass]:
    """Read the passes. Raises: Unreachable."""
    from handrail.postgres.quality.evaluations import PostgresReleases

    async with place.pool() as pool:
        return await PostgresReleases(pool).newest(limit)
