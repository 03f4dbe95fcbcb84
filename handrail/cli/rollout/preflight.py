"""`handrail preflight TOPIC`: what has to stand before the agent may answer there alone, and what lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from datetime import datetime

    from handrail.domain.autonomy.topics import Topic
    from handrail.domain.rollout.preflight import Preflight
    from handrail.postgres.pool import Pool
    from handrail.quality.rollout.power import Watched

app = typer.Typer(help="What has to stand before the agent may answer a topic alone.")


@app.command()
def preflight(
    ctx: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's name.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Check what has to stand before a topic is 'auto'; exit code 3 with a list of what lacks."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.failures import Exit
    from handrail.cli.common.tables import plain, print_rows, screen

    place = world(ctx)
    wanted = topic_of(place, topic)

    async def work() -> Preflight:
        async with place.pool() as pool:
            return await preflight_of(place, pool, wanted)

    found = run_async(work())
    if as_json:
        print_document(found)
    else:
        rows = [(one.name, "ready" if one.ready else "LACKS", one.words) for one in found.checks]
        print_rows(("check", "", "how it stands"), rows, "")
        lacking = ", ".join(one.name for one in found.lacking)
        screen().print(plain(f"{topic}: not ready for 'auto': {lacking}." if lacking else f"{topic}: ready for 'auto'."))
    if not found.ready:
        raise typer.Exit(Exit.REFUSED)


def topic_of(place: CliContext, name: str) -> Topic:
    """Return a topic of the agent's. Raises: InvalidInput: there is none of this name, or it is for people."""
    from handrail.cli.common.rail import topics
    from handrail.domain.errors import InvalidInput

    known = {one.name: one for one in topics(place)}
    if name not in known:
        raise InvalidInput(f"TOPIC: there is no topic {name[:60]!r}. Known: {', '.join(sorted(known))}.")
    if known[name].people_only:
        raise InvalidInput(f"TOPIC: {name} is for people only: the agent never answers there.")
    return known[name]


async def preflight_of(place: CliContext, pool: Pool, topic: Topic) -> Preflight:
    """Return the preflight of a topic now. Raises: DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime

    from handrail.cli.quality.evaluation.releasing import gate_over
    from handrail.domain.rollout.preflight import PreflightFacts, preflight
    from handrail.matrix.loader import FileMatrix
    from handrail.postgres.quality.drills import PostgresDrills

    folder, now = place.settings.definitions or place.business.folder, datetime.now(UTC)
    watched, rest = await _watched(place, pool, topic.name, now)
    return preflight(
        PreflightFacts(
            topic=topic,
            gate=await gate_over(place.settings, place.business, pool).standing(),
            rows=len(FileMatrix(folder / "matrix.yaml").all()),
            drilled_at=await PostgresDrills(pool).latest(),
            watched=watched,
            unwatched=rest,
            at=now,
            day=now.date(),
        )
    )


async def _watched(place: CliContext, pool: Pool, topic: str, now: datetime) -> Watched:
    from datetime import timedelta

    from handrail.cli.quality.watch.baselines import terms_of
    from handrail.postgres.quality.alarms import PostgresAlarms
    from handrail.postgres.quality.drift import PostgresDrift
    from handrail.quality.rollout.power import DAYS, watched_in

    record, terms = PostgresDrift(pool), await terms_of(place, pool)()
    baselines = await record.baselines()
    alarms = await PostgresAlarms(pool).of_baselines([one.baseline_id for one in baselines])
    today = now.astimezone(terms.zone).date()
    recent: dict[str, Any] = {}
    if any(one.topic == topic for one in baselines):
        for day in await record.series(list(terms.counted), today - timedelta(days=DAYS), today):
            if day.topic == topic:
                recent.setdefault(day.indicator, []).append(day)
    return watched_in(topic, terms, baselines, alarms, recent)


async def lacks(place: CliContext, pool: Pool, topic: Topic) -> str:
    """Return in a sentence what a topic that was just raised to `auto` lacks for it; empty where nothing lacks."""
    found = await preflight_of(place, pool, topic)
    names = ", ".join(one.name for one in found.lacking)
    return f"Preflight: {topic.name} lacks {names} for 'auto'. `handrail preflight {topic.name}` says more." if names else ""


async def unready(place: CliContext, pool: Pool, scope: str) -> str:
    """Return what the topic of a scope that was just raised lacks for `auto`; empty for another scope, or for nothing.

    The raise is done by then: what keeps a preflight from being made is said, and fails nothing.
    """
    from handrail.cli.common.rail import topics
    from handrail.domain.errors import DefinitionInvalid

    try:
        raised = [one for one in topics(place) if scope == f"topic:{one.name}" and not one.people_only]
        return " ".join([await lacks(place, pool, one) for one in raised])
    except DefinitionInvalid as error:
        return f"Preflight: cannot be made: {error}"
