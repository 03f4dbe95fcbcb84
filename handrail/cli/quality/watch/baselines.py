"""`handrail drift baseline`: what is normal, shown to a person and signed by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from datetime import date

    from handrail.domain.quality.watch.drift import DriftBaseline, WatchedSeries
    from handrail.quality.watching.baselines import BaselinePeriod
    from handrail.quality.watching.days import WatchTerms
    from handrail.quality.watching.terms import FileTerms

LEARNED_DAYS = 56
Names = Annotated[list[str] | None, typer.Option("--indicator", help="Only this one; may be repeated.", show_default=False)]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", help="Only this one, 'all' for all cases; may be repeated.", show_default=False),
]


def baseline(
    ctx: typer.Context,
    accept: Annotated[bool, typer.Option("--accept", help="Sign what is shown; from then on it is watched.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who has looked at these days and vouches for them.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="First day, such as 56d or 2026-03-01.", show_default="56d")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="The day behind the last one.", show_default="the watched day")
    ] = None,
    watch_from: Annotated[
        str | None, typer.Option("--watch-from", help="First day that is watched.", show_default="today")
    ] = None,
    indicators: Names = None,
    topics: Topics = None,
    as_json: Json = False,
) -> None:
    """Show what was normal in a period, series by series; with --accept sign it."""
    from handrail.cli.common.documents import print_document

    signer = _signer(accept, by)
    found = run_async(_learned(world(ctx), (since, until, watch_from), indicators or [], topics or [], signer))
    if as_json:
        print_document(found)
    else:
        _show(found, signer)


def _signer(accept: bool, by: str | None) -> str | None:
    """Return who signs; None where nobody does. Raises: InvalidInput: one of the two options is missing."""
    from handrail.domain.case.messages import check_name
    from handrail.domain.errors import InvalidInput

    if accept and by is None:
        raise InvalidInput("--by: a baseline learned in a bad month approves of it. Name the person who looked at these days.")
    if by is not None and not accept:
        raise InvalidInput("--accept: is missing, and --by signs nothing without it. Add --accept, or leave --by out.")
    return check_name("--by", by) if by is not None else None


def terms_of(place: CliContext, pool: Any) -> FileTerms:
    """Return the terms of watching of this business."""
    from handrail.cli.common.rail import dial, topics_of
    from handrail.cli.quality.watch.heeding import gates_of
    from handrail.wiring.days.governing import file_terms

    folder = place.settings.definitions or place.business.folder
    return file_terms(folder, topics_of(place), dial(place, pool), gates_of(place, pool))


async def _learned(
    place: CliContext, days: tuple[str | None, str | None, str | None], names: list[str], topics: list[str], by: str | None
) -> list[DriftBaseline]:
    from datetime import UTC, datetime

    from handrail.postgres.outcomes import PostgresOutcomes
    from handrail.postgres.quality.alarms import PostgresAlarms
    from handrail.postgres.quality.drift import PostgresDrift
    from handrail.quality.watching.baselines import calibrated_baselines, proposals
    from handrail.quality.watching.days import fill
    from handrail.quality.watching.watch import observations

    async with place.pool() as pool:
        terms, record, now = await terms_of(place, pool)(), PostgresDrift(pool), datetime.now(UTC)
        await PostgresOutcomes(pool).define(terms.outcomes.value, terms.outcomes.version)
        period = _period(days, terms, now)
        wanted = _chosen(terms, names, topics)
        await fill(record, terms, period.since, period.watch_from, now)
        seen = await observations(record, terms, period.since, period.until)
        found = proposals(terms, seen, period, wanted)
        if by is None:
            return found
        alarmed = [(one.indicator, one.topic) for one in await PostgresAlarms(pool).open()]
        usable = [one for one in found if (one.indicator, one.topic) not in alarmed]
        _refuse_alarmed(len(usable), alarmed)
        signed = await calibrated_baselines(record, usable, _tell)
        return await record.sign([one.model_copy(update={"accepted_by": by}) for one in signed])


def _refuse_alarmed(usable: int, alarmed: list[tuple[str, str]]) -> None:
    """Raises: InvalidInput: every series that was asked for has an alarm that nobody acknowledged."""
    from handrail.domain.errors import InvalidInput

    if not usable and alarmed:
        words = "nobody has acknowledged the alarms of these series. Begin with `handrail alarms list`."
        raise InvalidInput(f"--accept: {words}")


def _tell(words: str) -> None:
    typer.echo(f"{words} …", err=True)


def _period(days: tuple[str | None, str | None, str | None], terms: WatchTerms, now: Any) -> BaselinePeriod:
    """Raises: InvalidInput: one of them is no day, or their order is wrong."""
    from handrail.domain.errors import InvalidInput
    from handrail.quality.watching.baselines import BaselinePeriod

    today: date = now.astimezone(terms.zone).date()
    until = _day("--until", days[1], terms, now) or today
    since = _day("--since", days[0] or f"{LEARNED_DAYS}d", terms, now) or today
    watched = _day("--watch-from", days[2], terms, now) or max(today, until)
    if not since < until <= today:
        raise InvalidInput(f"--until: {until} is not between --since {since} and today {today}. Name days that have ended.")
    if not until <= watched <= today:
        raise InvalidInput(f"--watch-from: {watched} is not between --until {until} and today. Name a day from {until} on.")
    return BaselinePeriod(since, until, watched)


def _day(option: str, text: str | None, terms: WatchTerms, now: Any) -> date | None:
    from handrail.quality.outcomes.period import moment_of

    zone = terms.outcomes.value.zone
    return moment_of(option, text, now, zone).astimezone(terms.zone).date() if text is not None else None


def _chosen(terms: WatchTerms, names: list[str], topics: list[str]) -> Any:
    """Return the test of which series are meant. Raises: InvalidInput: there is no such indicator or topic."""
    from handrail.domain.errors import InvalidInput

    for option, given, known in (("--indicator", names, list(terms.versions)), ("--topic", topics, ["all", *terms.topics])):
        for one in given:
            if one not in known:
                raise InvalidInput(f"{option}: {one[:60]!r} is not watched. Write one of: {', '.join(known)}.")

    def wanted(series: WatchedSeries) -> bool:
        return (not names or series.indicator in names) and (not topics or (series.topic or "all") in topics)

    return wanted


def _show(found: list[DriftBaseline], by: str | None) -> None:
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.domain.counting import many

    rows = [
        (
            one.series.words,
            one.days,
            f"{one.cases / one.days:.1f}" if one.days else "",
            "" if one.series.volume or not one.cases else f"{one.series.bad(1, one.bad / one.cases):.1%}",
            "" if one.shortage else f"{one.spread:.3f}",
            f"{one.alarms:.4f}",
            one.shortage or (f"watched from {one.watch_from}" if by else "could be watched"),
        )
        for one in found
    ]
    headings = ("series", "days", "cases a day", "share", "spread", "false alarms a year", "")
    print_rows(headings, rows, "Nothing is watched: drift.yaml names no indicator that outcomes.yaml counts.")
    if found:
        short = sum(one.shortage is not None for one in found)
        signed = f"Signed by {by}" if by else "Not signed: look at these days, then add --accept --by NAME"
        period = f"{found[0].since} to {found[0].until} (not included)"
        screen().print(
            plain(f"{period}. {signed}. {many(short, 'series', 'series')} raise no alarm, for want of days or cases.")
        )
