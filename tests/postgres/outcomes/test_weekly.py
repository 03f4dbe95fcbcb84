"""The page of a week out of a real record: each number is what its SQL gives, and a browser reads and prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from handrail.cli.quality.report import week_of_business
from handrail.domain.outcomes import Statistic
from handrail.domain.quality.weekly import WeeklyReport
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.report import shown
from handrail.quality.weekly.page import page
from handrail.quality.weekly.sources import MARKS
from tests.acceptance.browser import chromium
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.outcomes import by_hand

SHIPPED = Path(by_hand.__file__).parents[3] / "handrail" / "quality"
WEEK = "2026-W14"
HAPPENED = """
INSERT INTO handrail.drift_alarms (kind, detector, day, first_day, indicator, topic, evidence, acknowledged_by,
    acknowledged_at, "real", note)
VALUES
    ('rise', 'z-CUSUM', '2026-03-29', '2026-03-29', 'repeat_7d', '', '{}', NULL, NULL, NULL, NULL),
    ('rise', 'z-CUSUM', '2026-03-30', '2026-03-28', 'repeat_7d', '', '{}', 'ann', now(), TRUE, 'a new form'),
    ('rise', 'z-CUSUM', '2026-04-05', '2026-04-01', 'edits', 'refund', '{}', NULL, NULL, NULL, NULL),
    ('rise', 'z-CUSUM', '2026-04-06', '2026-04-06', 'edits', '', '{}', NULL, NULL, NULL, NULL);
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, set_at)
VALUES
    ('topic:refund', 'review', 'person', 'too many edits', 'ann', TRUE, '2026-04-02 08:00Z'),
    ('topic:refund', 'auto', 'person', 'mended', 'ann', TRUE, '2026-04-05 22:30Z'),
    ('global', 'off', 'drill', 'the quarterly drill', 'bela', TRUE, '2026-04-03 08:00Z');
"""
"""In Berlin the week begins on 29 March at 22:00 UTC and ends on 5 April at 22:00 UTC."""


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    counted = (SHIPPED / "outcomes" / "outcomes.yaml").read_text()
    counted = re.sub(r"^minimum: \d+", "minimum: 2", counted, flags=re.MULTILINE)
    counted = re.sub(r"^confidence: [\d.]+", "confidence: 0.9", counted, flags=re.MULTILINE)
    (tmp_path / "outcomes.yaml").write_text(re.sub(r"^zone: UTC", "zone: Europe/Berlin", counted, flags=re.MULTILINE))
    actions = "\n".join(f"  - {{week: 2026-W1{n}, what: 'Write the topic for gift cards', owner: ann}}" for n in (3, 4))
    targets = (SHIPPED / "weekly" / "targets.yaml").read_text()
    (tmp_path / "targets.yaml").write_text(targets.replace("actions: []", f"actions:\n{actions}"))
    return tmp_path


@pytest.fixture
async def week(pool: Pool, run: Run, definitions: Path) -> WeeklyReport:
    await by_hand.write(pool)
    for statement in HAPPENED.strip().split(";\n"):
        await run(statement.rstrip(";"))
    return await week_of_business(pool, definitions, WEEK, NOON + timedelta(days=4))


def main_of(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text[text.index("<main>") : text.index("</main>") + len("</main>")])


def rows_under(main: ElementTree.Element, heading: str) -> Iterator[list[str]]:
    """The cells of the table's rows that follow a heading."""
    found = list(main)
    start = next(place for place, one in enumerate(found) if one.text == heading)
    table = next(one for one in found[start:] if one.tag == "table")
    for row in table.iter("tr"):
        cells = ["".join(cell.itertext()) for cell in row]
        if "scope" not in row[0].attrib or row[0].attrib["scope"] == "row":
            yield cells


def words_under(main: ElementTree.Element, heading: str) -> str:
    found = list(main)
    start = next(place for place, one in enumerate(found) if one.text == heading)
    return "".join(found[start + 1].itertext())


async def given(main: ElementTree.Element, run: Run) -> dict[str, list[Any]]:
    """What the SQL of each mark gives, typed as it stands on the page."""
    return {one.attrib["data-mark"]: await run((one.text or "").strip().rstrip(";")) for one in main.iter("pre")}


async def test_each_fact_is_what_its_sql_gives(week: WeeklyReport, run: Run) -> None:
    main = main_of(page(week))
    sql = await given(main, run)
    statistics = {plan.indicator: plan.statistic for plan in week.plans}
    facts = {cells[0].split()[-1]: cells for cells in rows_under(main, "Outcomes against plan")}
    assert facts.keys() == statistics.keys()
    assert len(facts) == 10
    said = 0
    for name, (_, plan, fact, *_rest) in facts.items():
        rate = statistics[name] is Statistic.RATE
        mark = MARKS[statistics[name]]
        value, n, young, *interval = next(row[1:] for row in sql[mark] if row[0] == name)
        too_young = f"; {young} too young" if young else ""
        if (n or 0) < 2:
            assert fact == f"n = {n or 0:.0f}, no statement{too_young} [{mark}]", "fewer than the minimum"
        elif rate:
            low, high = (shown(name, one, rate=True) for one in interval)
            assert fact == f"{shown(name, value, rate=True)} ({low} to {high}), n = {n:.0f}{too_young} [{mark}]"
        else:
            assert fact.startswith(f"{shown(name, value, rate=False)} ("), name
            assert fact.endswith(f"), n = {n}{too_young} [{mark}]"), name
        target = next(one.target for one in week.plans if one.indicator == name)
        assert plan.endswith(f" {shown(name, target, rate=rate)}")
        said += (n or 0) >= 2
    assert said >= 7
    for title, gap, _ in rows_under(main, "Gaps, and whose they are"):
        one = next(plan for plan in week.plans if plan.title == title)
        assert one.value is not None
        away = abs(one.value - one.target)
        rate = one.statistic is Statistic.RATE
        assert gap == (f"{away * 100:.1f} points worse" if rate else f"{shown(one.indicator, away, rate=False)} worse")


async def test_everything_else_is_what_its_sql_gives(week: WeeklyReport, run: Run) -> None:
    main = main_of(page(week))
    sql = await given(main, run)
    lead = next(one.text or "" for one in main.iter("p"))
    assert lead.startswith(f"{sql['d'][0][0]} cases [d]. Of 10 targets, ")
    ((median, longest),) = sql["e"]
    assert words_under(main, "People's load").endswith(f"waited {median:.0f} minutes (median), the longest {longest:.0f}. [e]")
    alarms = list(rows_under(main, "Alarms"))
    assert [cells[:2] for cells in alarms] == [[f"{row[0]}", row[1]] for row in sql["f"]]
    assert [cells[0] for cells in alarms] == ["2026-03-30", "2026-04-05"]
    looked_at = [row[4] for row in sql["f"]]
    counted = f"{looked_at.count(True)} real, {looked_at.count(False)} false, {looked_at.count(None)} nobody has looked [f]"
    assert words_under(main, "Alarms") == counted == "1 real, 0 false, 1 nobody has looked [f]"
    assert [cells[1:] for cells in rows_under(main, "Changes of autonomy")] == [list(row[1:]) for row in sql["g"]]
    load = {cells[0]: [int(cell) for cell in cells[1:]] for cells in rows_under(main, "People's load")}
    assert load == {row[0]: list(row[1:]) for row in sql["h"]}
    assert load["ann"] == [6, 1, 4]
    drills = {cells[1].removeprefix("a switch: ") for cells in rows_under(main, "Drills")}
    assert drills == {row[1] for row in sql["i"]} == {"global to off", "1 cases of the channel drill"}


async def test_a_browser_reads_it_without_script_and_prints_it_on_four_pages(week: WeeklyReport, tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    file.write_text(page(week), "utf-8")
    async with chromium() as browser:
        bare = await browser.new_context(java_script_enabled=False, offline=True)
        opened = await bare.new_page()
        await opened.goto(file.as_uri())
        assert await opened.locator("h1").inner_text() == f"Week {WEEK}"
        assert await opened.locator("main > table").first.locator("tbody tr").count() == 10
        printed = await opened.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 4
        judged = await browser.new_page()
        await judged.goto(file.as_uri())
        await judged.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
        found = await judged.evaluate("axe.run(document)")
    assert found["passes"], "it looked at something"
    assert {one["id"]: one["impact"] for one in found["violations"] if one["impact"] in ("serious", "critical")} == {}
