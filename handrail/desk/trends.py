"""Trends on the owner's page: each indicator with its last week beside the three before, and a small chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handrail.desk.words import Say
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.quality.watch.trends import IndicatorTrend
from handrail.pages.rendering import drawn
from handrail.pages.sparks import spark
from handrail.ports.front.desk import OwnersHouse

WEEK = 7
FEWEST = 30
"""Fewer cases than this in the last week say nothing."""
QUIET, ALARMED = "#176b3a", "#a3261b"


@dataclass(frozen=True, slots=True)
class ShownTrend:
    """An indicator as a row of the page."""

    title: str
    now: str
    before: str
    chart: Markup
    alarmed: bool


async def trends(house: OwnersHouse, alarms: Sequence[DriftAlarm], say: Say) -> list[ShownTrend]:
    """Return the rows, those with an open alarm first."""
    alarmed = {one.indicator for one in alarms}
    titles = house.titles()
    found = [_row(one, titles.get(one.indicator), one.indicator in alarmed, say) for one in await house.trends()]
    return sorted(found, key=lambda row: not row.alarmed)


def _row(trend: IndicatorTrend, title: str | None, alarmed: bool, say: Say) -> ShownTrend:
    """The row; what is watched beside outcomes is called by its name in words."""
    cases, now = trend.over(-WEEK, len(trend.cases))
    _, before = trend.over(0, len(trend.cases) - WEEK) if len(trend.cases) > WEEK else (0, None)
    title = title or trend.indicator.replace(":", ": ").replace("_", " ").capitalize()
    now_words = say("too_few", n=round(cases)) if cases < FEWEST and not trend.volume else _number(now, trend.volume)
    words = say("trend", title=title, now=now_words, before=_number(before, trend.volume))
    chart = spark(trend.points, words, level=before, last=ALARMED if alarmed else QUIET, width=160)
    return ShownTrend(title, now_words, _number(before, trend.volume), drawn(chart), alarmed)


def _number(value: float | None, volume: bool) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}" if volume else f"{100 * value:.1f} %"
