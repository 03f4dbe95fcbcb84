"""`handrail deploys …`: which build works on the cases, a share of them for another build, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json, optional_words, person
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.cli.rollout.deploying import DeploysList
    from handrail.domain.rollout.deploys import DeployChange, ReplayCheck
    from handrail.wiring.deploys.changing import DeployOrder

app = typer.Typer(no_args_is_help=True, help="Deployments: which build works on the cases, a share for another, and back.")
Build = Annotated[str | None, typer.Option("--build", help="The build's id.", show_default="this build")]
By = Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False)]
Why = Annotated[str | None, typer.Option("--note", help="Words that stay with it.", show_default=False)]
Patience = Annotated[float, typer.Option("--wait", min=0, max=3_600, help="Seconds to wait for workers of the build.")]
Sample = Annotated[
    int | None, typer.Option("--sample", min=0, help="Open cases that are replayed, spread over all.", show_default="200")
]
Unfit = Annotated[bool, typer.Option("--accept-unfit", help="Go on although histories do not replay: people get those cases.")]


@app.command("list")
def list_versions(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=0, max=1_000, help="Changes that are shown, the newest.")] = 5,
    as_json: Json = False,
) -> None:
    """Show every version: status, share, open cases, who polls as it, when it worked; then the newest changes."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.rollout.deploying import listed

    found = run_async(listed(world(ctx), limit))
    print_document(found) if as_json else show(found)


@app.command()
def check(
    ctx: typer.Context,
    sample: Sample = None,
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who does this.")] = "handrail deploys",
    as_json: Json = False,
) -> None:
    """Replay recorded histories and those of open cases in this build; exit code 3 where one does not fit. Changes nothing."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.cli.rollout.deploying import checked

    found = run_async(checked(world(ctx), sample, person(by)))
    print_document({**found.model_dump(mode="json"), "passed": found.passed}) if as_json else show_check(found)
    if not found.passed:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def ramp(
    ctx: typer.Context,
    percent: Annotated[float, typer.Argument(min=0, max=100, metavar="PERCENT", show_default=False)],
    by: By,
    build: Build = None,
    sample: Sample = None,
    wait: Patience = 30,
    unfit: Unfit = False,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Let a build work on so many per cent of the cases, open ones among them, once it passed `check`; 0 ends that."""
    from handrail.cli.rollout.deploying import ramped

    told(run_async(ramped(world(ctx), percent, build, sample, order_of(by, note, wait, unfit=unfit))), as_json=as_json)


@app.command()
def promote(
    ctx: typer.Context,
    by: By,
    build: Build = None,
    unversioned: Annotated[
        bool, typer.Option("--unversioned", help="Give the cases to workers with HANDRAIL_VERSIONED=false.")
    ] = False,
    sample: Sample = None,
    wait: Patience = 30,
    unfit: Unfit = False,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Let a build work on every case, once it passed `check`."""
    from handrail.cli.rollout.deploying import promoted
    from handrail.domain.errors import InvalidInput
    from handrail.domain.rollout.deploys import UNVERSIONED

    if unversioned and build is not None:
        raise InvalidInput("--unversioned: does not go with --build. Give one of them.")
    named = UNVERSIONED if unversioned else build
    told(run_async(promoted(world(ctx), named, sample, order_of(by, note, wait, unfit=unfit))), as_json=as_json)


@app.command()
def rollback(ctx: typer.Context, by: By, build: Build = None, note: Why = None, as_json: Json = False) -> None:
    """End the ramp that goes; without one, let the build that was current before work on every case again."""
    from handrail.cli.rollout.deploying import rolled_back

    told(run_async(rolled_back(world(ctx), build, order_of(by, note))), as_json=as_json)


@app.command()
def prune(
    ctx: typer.Context,
    by: By,
    spare: Annotated[int, typer.Option("--spare", min=0, help="Keep so many of those that are done with.")] = 5,
    note: Why = None,
    as_json: Json = False,
) -> None:
    """Delete the server's records of versions that have drained, and say why the others stay. No case is touched."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.cli.rollout.deploying import pruned
    from handrail.domain.counting import many

    found = run_async(pruned(world(ctx), spare, order_of(by, note)))
    if as_json:
        print_document(found)
        return
    screen().print(plain(f"{many(len(found.deleted), 'version')} deleted: {', '.join(found.deleted) or 'none'}"))
    print_rows(("stays", "because"), list(found.kept.items()), "None is left.")


def order_of(by: str, note: str | None, wait: float = 0, *, unfit: bool = False) -> DeployOrder:
    """Return who asks, and why. Raises: InvalidInput."""
    from handrail.wiring.deploys.changing import DeployOrder

    return DeployOrder(person(by), optional_words("--note", note) or "", wait, unfit)


def told(change: DeployChange, *, as_json: bool) -> None:
    """Print what was done, and what becomes of the open cases."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.rollout.deploys import of_the_cases

    if as_json:
        print_document({**change.model_dump(mode="json"), "of_the_cases": of_the_cases(change)})
    else:
        screen().print(plain(of_the_cases(change)))


def show(found: DeploysList) -> None:
    """Print the versions and the newest changes for people."""
    from handrail.cli.common.tables import moment, plain, print_rows, screen

    standing = found.standing
    rows = [
        (
            f"{one.build_id}{' (this build)' if one.build_id == found.here else ''}",
            f"{one.status} {one.percent:g} %" if one.works else one.status,
            one.cases,
            len(one.pollers),
            moment(one.created_at),
            moment(one.current_since or one.last_current_at),
            f"{one.checked}, {moment(one.checked_at)}" if one.checked else "",
        )
        for one in standing.versions
    ]
    headings = ("build", "status", "open cases", "pollers", "first seen", "current since, or last", "replay check")
    print_rows(headings, rows, f"No worker of the deployment {standing.deployment!r} has polled yet.")
    words = f"{standing.open_cases} open cases, {standing.unversioned} of which no version has worked on yet"
    words += f", {standing.pinned} pinned by hand to a version" if standing.pinned else ""
    screen().print(plain(f"{words}; {len(standing.versions)} of {standing.cap} versions. This build is {found.here}."))
    if not standing.current:
        who = (
            f"{len(standing.unversioned_pollers)} unversioned workers poll" if standing.unversioned_pollers else "nobody polls"
        )
        screen().print(plain(f"No version is current: cases are worked on by workers without a version, and {who}."))
    for change in found.changes:
        words = f"{moment(change.at)}  {change.act} {change.build_id or 'unversioned'} by {change.actor}"
        screen().print(plain(f"{words}{': ' + change.words if change.words else ''}"))


def show_check(found: ReplayCheck) -> None:
    """Print what came of the check, and where each history differs."""
    from handrail.cli.common.tables import plain, screen

    screen().print(plain(f"{found.build_id}: {found.words} ({found.seconds:.1f} s)"))
    for one in found.failures[1:]:
        screen().print(plain(f"{one.history}: {one.words}"))
