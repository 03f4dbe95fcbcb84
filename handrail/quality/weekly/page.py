"""The page of a week: one HTML file that needs nothing else, in the order in which it is read in ten minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from markupsafe import Markup

from handrail.domain.counting import many
from handrail.domain.quality.weekly import PlanFact, PlanStanding, WeeklyAction, WeeklyCriterion, WeeklyReport
from handrail.pages.rendering import drawn, marked, render
from handrail.quality.weekly import charts
from handrail.quality.weekly.sources import MARKS, sources

CLASS = {PlanStanding.MET: "met", PlanStanding.MISSED: "missed", PlanStanding.OPEN: "open"}
LOOKED_AT = {True: "real", False: "false", None: "nobody has looked"}
Cell = str | Markup


def page(report: WeeklyReport) -> str:
    """Return the whole document."""
    place = ZoneInfo(report.zone)
    return render(
        "week.html",
        report=report,
        lead=_lead(report),
        about=_about(report),
        plans=[_plan(plan) for plan in report.plans],
        gaps=[(plan.title, plan.gap, plan.owner) for plan in report.plans if plan.standing is PlanStanding.MISSED],
        looked_at=_looked_at(report),
        alarms=[(f"{one.day}", one.indicator, one.topic, LOOKED_AT[one.real], one.words) for one in report.alarms or ()],
        changes=[
            (f"{one.at.astimezone(place):%a %H:%M}", one.scope, one.level, one.actor, one.reason) for one in report.changes
        ],
        judged=[_criterion(one, place) for one in report.judged],
        shadow="; ".join(report.shadow.words) + "." if report.shadow and report.shadow.words else "",
        waits=_waits(report),
        load=[(one.person, f"{one.claimed}", f"{one.answered}", f"{one.decided}") for one in report.load],
        drills=[(f"{one.at.astimezone(place):%a %H:%M}", one.what) for one in report.drills],
        actions=_agreed(report.actions),
        agreed=_agreed(report.agreed),
        sources=list(sources(report)),
    )


def _lead(report: WeeklyReport) -> str:
    counted = Counter(plan.standing for plan in report.plans)
    return (
        f"{many(report.cases, 'case')} [d]. Of {many(len(report.plans), 'target')}, {counted[PlanStanding.MET]} met, "
        f"{counted[PlanStanding.MISSED]} missed; of {counted[PlanStanding.OPEN]} nothing can be said yet."
    )


def _about(report: WeeklyReport) -> str:
    since, until, as_of = (
        f"{one.astimezone(ZoneInfo(report.zone)):%Y-%m-%d %H:%M}" for one in (report.since, report.until, report.as_of)
    )
    set_by = f"Targets set by {report.set_by} on {report.set_on}"
    late = ", after the week had begun: they are no plan." if report.late else "."
    return f"Cases opened from {since} to {until} {report.zone}, counted {as_of}. {set_by}{late}"


def _plan(plan: PlanFact) -> tuple[Cell, ...]:
    return (
        Markup('{} <span class="quiet">{}</span>').format(plan.title, plan.indicator),
        marked(plan.plan, "whole"),
        f"{plan.fact} [{MARKS[plan.statistic]}]",
        marked(plan.standing, CLASS[plan.standing]),
        drawn(charts.interval(plan)),
        drawn(charts.weeks(plan)),
    )


def _looked_at(report: WeeklyReport) -> str:
    counted = Counter(LOOKED_AT[one.real] for one in report.alarms or ())
    return ", ".join(f"{counted[word]} {word}" for word in LOOKED_AT.values())


def _criterion(one: WeeklyCriterion, place: ZoneInfo) -> tuple[Cell, ...]:
    since = f" since {one.since.astimezone(place):%Y-%m-%d}" if one.since else ""
    gate = marked(f"open{since}", "met") if one.open else marked("closed", "missed")
    counts = f"{one.judged} of {one.sampled}", f"{one.unmeasured}", f"{one.left}"
    return one.criterion, gate, one.agreement, *counts, one.statement


def _waits(report: WeeklyReport) -> str:
    if report.median_wait_minutes is None or report.longest_wait_minutes is None:
        return ""
    return (
        f"Customers who had to wait for a person waited {report.median_wait_minutes:.0f} minutes (median), the longest "
        f"{report.longest_wait_minutes:.0f}."
    )


def _agreed(actions: Iterable[WeeklyAction]) -> list[tuple[Cell, ...]]:
    return [(one.what, one.owner, one.done or marked("not done", "missed")) for one in actions]
