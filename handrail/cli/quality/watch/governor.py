"""`handrail governor …`: what was taken back, what could be raised, and raising it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.options import Json, Limit
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.autonomy.topics import Dialled, Topic
    from handrail.domain.quality.watch.governor import GovernorStep, RaiseProposal
    from handrail.postgres.quality.governor import PostgresGovernor

app = typer.Typer(no_args_is_help=True, help="The governor, which takes autonomy back, and raising a topic again.")
DAYS_OF_REVIEWS = 56
"""Decisions that count for a topic that the governor has not lowered."""


@app.callback()
def group() -> None:
    """See what the governor did, and raise topics again."""


@app.command("list")
def list_steps(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """Show what the governor did and left, and what people raised, the newest first."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows

    async def work() -> list[GovernorStep]:
        async with world(ctx).pool() as pool:
            return await _record(world(ctx), pool).steps(limit)

    found = run_async(work())
    if as_json:
        return print_document(found)
    rows = [(moment(one.at), one.kind, one.topic, one.level, one.rule, one.actor, one.words) for one in found]
    return print_rows(("at", "step", "topic", "level", "rule", "by", "why"), rows, "The governor has done nothing yet.")


@app.command()
def propose(ctx: typer.Context, as_json: Json = False) -> None:
    """Topics that people review, with the evidence for raising them and when it could be enough."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import percent, print_rows

    found = run_async(_proposals(world(ctx)))
    if as_json:
        return print_document(found)
    rows = [
        (
            one.topic,
            one.level,
            one.held_by,
            one.owner,
            "yes" if one.enough else "no",
            percent(one.low),
            one.decided,
            one.reachable_on or "",
            "; ".join(filter(None, (one.words, one.shadow))),
        )
        for one in found
    ]
    headings = ("topic", "level", "held by", "owner", "enough", "at least", "decisions", "reachable", "evidence")
    return print_rows(headings, rows, "Every topic of the agent is at 'auto'.")


@app.command("raise")
def raise_topic(
    ctx: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", show_default=False)],
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="The topic's owner.", show_default=False)],
    against: Annotated[
        str | None, typer.Option("--against-evidence", metavar="WHY", help="Raise it all the same.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Lift what the governor set on a topic. Its file, its review gate and people's controls go on holding."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.domain.case.messages import check_name, check_text

    who = check_name("--by", by)
    why = check_text("--against-evidence", against, 400) if against is not None else None
    done, left, unready = run_async(_raised(world(ctx), topic, who, why))
    if as_json:
        return print_document(done)
    screen().print(plain(f"{topic}: the governor holds it no longer. It is at '{left.autonomy}' now."))
    if left.autonomy != "auto":
        screen().print(plain(left.why))
    if unready:
        screen().print(plain(unready))
    return None


def _record(place: CliContext, pool: Any) -> PostgresGovernor:
    from handrail.cli.common.rail import controls
    from handrail.postgres.quality.governor import PostgresGovernor

    return PostgresGovernor(pool, controls(place, pool))


async def _dialled(place: CliContext, pool: Any, topic: Topic) -> Dialled:
    """The agent's freedom in a topic now, with the word of its file, its gate and every control."""
    from handrail.cli.common.rail import controls, dial

    files = await dial(place, pool).autonomy(topic)
    return (await controls(place, pool).over(topic.name, "")).dialled(None, files.settings)


async def _proposals(place: CliContext) -> list[RaiseProposal]:
    from handrail.cli.common.rail import topics
    from handrail.cli.rollout.shadowing import shadow_by_topic

    async with place.pool() as pool:
        lowered = await _record(place, pool).lowered()
        found = []
        for topic in topics(place):
            now = None if topic.people_only else await _dialled(place, pool, topic)
            if now is not None and now.autonomy != "auto":
                found.append(await _proposal(place, pool, topic, now, lowered.get(topic.name)))
        said = await shadow_by_topic(place, pool) if found else {}
        return [one.model_copy(update={"shadow": said.get(one.topic, "")}) for one in found]


async def _proposal(place: CliContext, pool: Any, topic: Topic, now: Dialled, step: GovernorStep | None) -> RaiseProposal:
    from datetime import UTC, datetime, timedelta

    from handrail.quality.governor.loader import load_governor
    from handrail.quality.governor.raising import RECENT_DAYS, raise_proposal

    at = datetime.now(UTC)
    since = step.at if step and step.at else at - timedelta(days=DAYS_OF_REVIEWS)
    counted = await _record(place, pool).reviews(topic.name, since, at - timedelta(days=RECENT_DAYS))
    wanted = load_governor(place.settings.definitions or place.business.folder).value
    return raise_proposal(wanted.evidence, counted, now.autonomy, _held_by(now), topic.owner, at.date())


def _held_by(now: Dialled) -> str:
    """Return the source that keeps a topic below `auto`: the first of the strictest; the governor by its name."""
    from handrail.domain.quality.watch.governor import GOVERNOR

    first = now.settings[0]
    return GOVERNOR if f" by {GOVERNOR} since " in first.why else first.source


async def _raised(place: CliContext, name: str, by: str, against: str | None) -> tuple[GovernorStep, Dialled, str]:
    from datetime import UTC, datetime

    from handrail.cli.common.rail import checked, topics
    from handrail.cli.rollout.preflight import lacks
    from handrail.domain.errors import InvalidInput

    checked(place, f"topic:{name}")
    topic = next(one for one in topics(place) if one.name == name)
    async with place.pool() as pool:
        record, now = _record(place, pool), await _dialled(place, pool, topic)
        step = (await record.lowered()).get(name)
        if step is None or _held_by(now) != "governor":
            raise InvalidInput(f"TOPIC: the governor does not hold {name}. It is at '{now.autonomy}': {now.why}")
        evidence = await _proposal(place, pool, topic, now, step)
        _refuse(place, topic, by, step, evidence, against, datetime.now(UTC))
        done = await record.lift(_up(step, evidence, by, against))
        return done, await _dialled(place, pool, topic), await lacks(place, pool, topic)


def _refuse(
    place: CliContext, topic: Topic, by: str, step: GovernorStep, found: RaiseProposal, against: str | None, now: Any
) -> None:
    """Raises: InvalidInput: somebody else owns the topic, or the evidence is not enough."""
    from datetime import timedelta

    from handrail.domain.errors import InvalidInput
    from handrail.quality.governor.loader import load_governor

    if topic.owner is None:
        words = f"nobody owns {topic.name}, and its owner alone raises it. Put `owner: NAME` into its file."
        raise InvalidInput(f"TOPIC: {words}")
    if by != topic.owner:
        raise InvalidInput(f"--by: {topic.owner!r} owns {topic.name} and alone raises it, not {by!r}.")
    if against is not None:
        return
    rest = "Wait, or give --against-evidence WHY, which is kept."
    dwell = timedelta(hours=load_governor(place.settings.definitions or place.business.folder).value.dwell_hours)
    if step.at is not None and now < step.at + dwell:
        raise InvalidInput(f"TOPIC: {topic.name} stays down until {step.at + dwell:%Y-%m-%d %H:%M} UTC at least. {rest}")
    if not found.enough:
        raise InvalidInput(f"TOPIC: {found.words}. {rest}")


def _up(step: GovernorStep, found: RaiseProposal, by: str, against: str | None) -> GovernorStep:
    from datetime import UTC, datetime

    from handrail.domain.autonomy.topics import Autonomy
    from handrail.domain.quality.watch.governor import GovernorStep, StepKind

    said = f"against the evidence ({found.words}): {against}" if against else found.words
    evidence = {"approved": found.approved, "decided": found.decided, "low": found.low, "target": found.target}
    return GovernorStep(
        kind=StepKind.RAISED,
        day=datetime.now(UTC).date(),
        topic=step.topic,
        level=Autonomy.AUTO,
        volume=step.volume,
        words=f"raised {said}"[:500],
        evidence={**evidence, "against": against},
        actor=by,
    )
