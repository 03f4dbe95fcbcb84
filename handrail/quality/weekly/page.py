"""The page of a week: one HTML file that needs nothing else, in the order in which it is read in ten minutes.

Built as a tree of elements, so that whatever a customer or a person wrote is text in it and never markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring
from zoneinfo import ZoneInfo

from handrail.domain.counting import many
from handrail.domain.quality.weekly import PlanFact, PlanStanding, WeeklyAction, WeeklyReport
from handrail.quality.weekly import charts
from handrail.quality.weekly.sources import sources

STYLE = Path(__file__).with_name("style.css")
CLASS = {PlanStanding.MET: "met", PlanStanding.MISSED: "missed", PlanStanding.OPEN: "open"}
Cell = str | Element


def page(report: WeeklyReport) -> str:
    """Return the whole document."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width")
    SubElement(head, "title").text = f"Week {report.week}"
    SubElement(head, "style").text = STYLE.read_text("utf-8")
    main = SubElement(SubElement(html, "body"), "main")
    _top(main, report)
    _plans(main, report)
    _gaps(main, report)
    _alarms(main, report)
    _changes(main, report)
    _load(main, report)
    _drills(main, report)
    _actions(main, report)
    _sources(main, report)
    return "<!doctype html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def _top(main: Element, report: WeeklyReport) -> None:
    place = ZoneInfo(report.zone)
    SubElement(main, "h1").text = f"Week {report.week}"
    counted = {one: sum(plan.standing is one for plan in report.plans) for one in PlanStanding}
    words = (
        f"{many(report.cases, 'case')}. Of {many(len(report.plans), 'target')}, {counted[PlanStanding.MET]} met, "
        f"{counted[PlanStanding.MISSED]} missed; of {counted[PlanStanding.OPEN]} nothing can be said yet."
    )
    SubElement(main, "p", {"class": "lead"}).text = words
    since, until = (one.astimezone(place) for one in (report.since, report.until))
    SubElement(main, "p", {"class": "quiet"}).text = (
        f"Cases opened from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} {report.zone}, counted "
        f"{report.as_of.astimezone(place):%Y-%m-%d %H:%M}. Targets set by {report.set_by} on {report.set_on}"
        + (", after the week had begun: they are no plan." if report.late else ".")
    )


def _plans(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Outcomes against plan"
    SubElement(main, "p", {"class": "quiet"}).text = (
        "Blue: the target. Dot and line: the fact with its 95 % interval. Met or missed only where the whole interval is. "
        "The number in brackets names the SQL at the end."
    )
    rows: list[list[Cell]] = [
        [
            plan.title,
            plan.plan,
            f"{plan.fact} [{number}]",
            _standing(plan),
            charts.interval(plan),
            charts.weeks(plan),
        ]
        for number, plan in enumerate(report.plans, 1)
    ]
    _table(main, ("Indicator", "Plan", "Fact", "", "Against the target", "Weeks"), rows)


def _gaps(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Gaps, and whose they are"
    missed = [one for one in report.plans if one.standing is PlanStanding.MISSED]
    rows = [[one.title, one.gap, one.owner] for one in missed]
    _table(main, ("Indicator", "Gap", "Owner"), rows, "No target was missed beyond doubt.")


def _alarms(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Alarms"
    if report.alarms is None:
        SubElement(main, "p").text = "Nothing watches this record for drift, so there is nothing to tell."
        return
    said = {True: "real", False: "false", None: "nobody has looked"}
    rows = [[f"{one.day}", one.indicator, one.topic, said[one.real], one.words] for one in report.alarms]
    if report.alarms:
        counted = {word: sum(said[one.real] == word for one in report.alarms) for word in said.values()}
        SubElement(main, "p").text = ", ".join(f"{number} {word}" for word, number in counted.items()) + " [a]"
    _table(main, ("Day", "Indicator", "Where", "Was it", "What was done"), rows, "None. [a]")


def _changes(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Changes of autonomy"
    place = ZoneInfo(report.zone)
    rows = [[f"{one.at.astimezone(place):%a %H:%M}", one.scope, one.level, one.actor, one.reason] for one in report.changes]
    _table(main, ("When", "What", "To", "By", "Why"), rows, "None. [b]")


def _load(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "People's load"
    if report.median_wait_minutes is not None and report.longest_wait_minutes is not None:
        SubElement(main, "p").text = (
            f"Customers who had to wait for a person waited {report.median_wait_minutes:.0f} minutes (median), the longest "
            f"{report.longest_wait_minutes:.0f}. [c]"
        )
    rows = [[one.person, f"{one.claimed}", f"{one.answered}", f"{one.decided}"] for one in report.load]
    _table(main, ("Person", "Taken", "Answered", "Decided"), rows, "Nobody had to do anything. [d]")


def _drills(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Drills"
    place = ZoneInfo(report.zone)
    rows = [[f"{one.at.astimezone(place):%a %H:%M}", one.what] for one in report.drills]
    _table(main, ("When", "What"), rows, "None left its mark in this week's record. [e]")


def _actions(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "Last week's actions"
    _table(main, ("What", "Owner", "Done"), _agreed(report.actions), "None was agreed last week.")
    if report.agreed:
        SubElement(main, "h2").text = "Agreed for next week"
        _table(main, ("What", "Owner", "Done"), _agreed(report.agreed))


def _agreed(actions: Iterable[WeeklyAction]) -> list[list[Cell]]:
    return [[one.what, one.owner, one.done or _marked("not done", "missed")] for one in actions]


def _sources(main: Element, report: WeeklyReport) -> None:
    SubElement(main, "h2").text = "How to recompute each number"
    listed = SubElement(main, "div", {"class": "quiet"})
    for mark, sql in sources(report):
        SubElement(listed, "p").text = f"[{mark}]"
        SubElement(listed, "pre").text = sql


def _standing(plan: PlanFact) -> Element:
    return _marked(str(plan.standing), CLASS[plan.standing])


def _marked(words: str, kind: str) -> Element:
    marked = Element("span", {"class": kind})
    marked.text = words
    return marked


def _table(main: Element, headings: Sequence[str], rows: Sequence[Sequence[Cell]], empty: str = "") -> None:
    if not rows:
        SubElement(main, "p").text = empty
        return
    table = SubElement(main, "table")
    head = SubElement(SubElement(table, "thead"), "tr")
    for heading in headings:
        SubElement(head, "th", scope="col").text = heading or "\u00a0"
    body = SubElement(table, "tbody")
    for row in rows:
        line = SubElement(body, "tr")
        for cell in row:
            place = SubElement(line, "td")
            if isinstance(cell, str):
                place.text = cell
            else:
                place.append(cell)
