"""The page of a week: targets that are refused, plan against fact, and a document that holds no markup but its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.outcomes import Better, IndicatorResult, OutcomeReport, Statistic
from handrail.domain.quality.weekly import (
    AutonomyChange,
    PersonLoad,
    PlanStanding,
    WeeklyAction,
    WeeklyAlarm,
    WeeklyCriterion,
    WeeklyShadow,
)
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from handrail.quality.weekly.assembling import assemble
from handrail.quality.weekly.page import page
from handrail.quality.weekly.plans import standing
from handrail.quality.weekly.targets import load_targets
from handrail.quality.weekly.weeks import before, week_of

NOW = datetime(2026, 1, 28, 9, tzinfo=UTC)
OUTCOMES = load_outcomes(SHIPPED.parent).value
HEAD = "version: 1\nset_by: ann\nset_on: 2026-01-01\nindicators:\n"
EVIL = "</td><script>alert(1)</script>"


def result(indicator: str, value: float | None = 0.5, *, width: float = 0.1, better: Better = Better.HIGH) -> IndicatorResult:
    bounds = {} if value is None else {"low": value - width, "high": value + width}
    return IndicatorResult(
        indicator=indicator,
        version=1,
        title=OUTCOMES.indicators[indicator].title,
        statistic=Statistic.RATE,
        better=better,
        n=100,
        customers=90,
        immature=3,
        value=value,
        statement="50 %, n = 100" if value is not None else "n = 7, no statement",
        view=f"handrail.outcome_{indicator}",
        **bounds,
    )


def counted(*results: IndicatorResult) -> OutcomeReport:
    _, period = week_of("2026-W03", NOW, "UTC")
    return OutcomeReport(**period.model_dump(), zone="UTC", definitions="d", cases=1_234, excluded=0, indicators=list(results))


def written(tmp_path: Path, lines: str) -> Path:
    (tmp_path / "targets.yaml").write_text(HEAD + lines)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("  cost_usd: {target: 0.05, owner: ann}\n", r"targets.yaml:4: .*better when customers are served worse"),
        (
            "  cost_usd: {target: 0.05, owner: ann}\n  repeat_7d: {target: 0.1, owner: ann}\n",
            r"targets.yaml:5: .*stands first, and says nothing of what customers got",
        ),
        ("  repeat_7d: {target: 0.1, owner: ann}\n  speed: {target: 1, owner: ann}\n", r"targets.yaml:6: .*is not counted"),
        ("  repeat_7d: {target: 0.1, owner: ann}\n  escalation: {target: 1, owner: ann}\n", r"targets.yaml:6: .*is news"),
        ("  repeat_7d: {target: 0.1}\n", r"targets.yaml:5: .*owner"),
    ],
)
def test_targets_that_forget_the_customer_are_refused_with_their_line(tmp_path: Path, lines: str, problem: str) -> None:
    with pytest.raises(DefinitionInvalid, match=problem):
        load_targets(written(tmp_path, lines), OUTCOMES)


def test_the_shipped_targets_fit_the_shipped_outcomes(tmp_path: Path) -> None:
    assert next(iter(load_targets(tmp_path, OUTCOMES).value.indicators)) == "first_contact_confirmed"


@pytest.mark.parametrize(
    ("value", "width", "better", "expected"),
    [
        (0.5, 0.1, Better.HIGH, PlanStanding.MET),
        (0.4, 0.1, Better.HIGH, PlanStanding.OPEN),
        (0.2, 0.1, Better.HIGH, PlanStanding.MISSED),
        (0.2, 0.1, Better.LOW, PlanStanding.MET),
        (0.6, 0.1, Better.LOW, PlanStanding.MISSED),
        (None, 0, Better.LOW, PlanStanding.OPEN),
    ],
)
def test_met_or_missed_is_said_only_of_a_whole_interval(
    value: float | None, width: float, better: Better, expected: PlanStanding
) -> None:
    assert standing(0.4, result("repeat_7d", value, width=width, better=better)) is expected


def test_weeks_begin_on_the_monday_of_the_business() -> None:
    name, period = week_of("last", NOW, "Europe/Berlin")
    assert (name, period.since) == ("2026-W04", datetime(2026, 1, 18, 23, tzinfo=UTC))
    assert period.until - period.since == timedelta(days=7)
    assert (before("2026-W04"), before("2026-W01")) == ("2026-W03", "2025-W52")
    for wrong in ("2026-W54", "2026", "2026-W09", "W3"):
        with pytest.raises(InvalidInput, match="--week"):
            week_of(wrong, NOW, "UTC")


def document(tmp_path: Path) -> str:
    lines = "  repeat_7d: {target: 0.1, owner: ann}\n  edits: {target: 0.2, owner: bela}\n"
    lines += "actions:\n  - {week: 2026-W02, what: 'Write the gift card topic', owner: cem}\n"
    targets = load_targets(written(tmp_path, lines), OUTCOMES).value
    results = [result("repeat_7d", 0.4, better=Better.LOW), result("edits", None, better=Better.LOW)]
    found = assemble(
        "2026-W03",
        targets,
        counted(*results),
        [counted(result("repeat_7d", 0.3, better=Better.LOW)), counted()],
        alarms=[WeeklyAlarm(day=NOW.date(), indicator="repeat_7d", topic=EVIL, words="z-CUSUM", real=True)],
        changes=[AutonomyChange(at=NOW, scope="topic:refund", level="review", actor="governor", reason=EVIL)],
        load=[PersonLoad(person="ann", claimed=3, answered=2, decided=1)],
        drills=[],
        waits=(120.0, 14.0),
    )
    assert found.actions == [WeeklyAction(week="2026-W02", what="Write the gift card topic", owner="cem")]
    assert (found.plans[0].earlier, found.late) == ([0.3, None, 0.4], False)
    closed = {"criterion": "polite", "open": False, "statement": "closed: its calibration is older than 30 days"}
    judged = {"sampled": 80, "judged": 71, "unmeasured": 4, "left": 5}
    opened = {
        "criterion": "solved",
        "open": True,
        "since": NOW,
        "agreement": "kappa 0.81 (0.70 to 0.90), calibrated 2026-01-02",
    }
    opened |= {"statement": "6.1% fail, 2.0% to 11.4% (the judge says 8.0%)"}
    told = {
        "judge": f"m-1 at {EVIL}",
        "judged": [WeeklyCriterion.model_validate({**one, **judged}) for one in (closed, opened)],
        "shadow": WeeklyShadow(shadow_id=7, release="c6e8", words=["12 of 15 sampled cases answered, 9 compared", EVIL]),
    }
    return page(found.model_copy(update=told))


def test_the_page_says_what_the_judge_and_the_shadow_say(tmp_path: Path) -> None:
    text = document(tmp_path)
    for words in (
        "71 of 80",
        "older than 30 days",
        "2.0% to 11.4%",
        ">closed<",
        f">open since {NOW:%Y-%m-%d}<",
        "kappa 0.81 (0.70",
        "Shadow 7 of release c6e8",
    ):
        assert words in text
    assert "WHERE shadow_id = 7" in text
    assert "quality_judgements" in text
    assert EVIL not in text


def test_the_page_says_everything_in_its_order_and_needs_nothing_else(tmp_path: Path) -> None:
    text = document(tmp_path)
    order = [
        "Outcomes against plan",
        "Gaps",
        "Alarms",
        "The judge",
        "The shadow",
        "Changes of autonomy",
        "load",
        "Drills",
        "actions",
        "recompute",
    ]
    places = [text.index(f"{words}", text.index("<h2>")) for words in order]
    assert places == sorted(places)
    assert "30.0 points worse" in text
    assert "not done" in text
    lowered = text.lower()
    for foreign in ("<script", "javascript:", "src=", "href=", "@import", "url("):
        assert foreign not in lowered, foreign
    assert text.count("<svg") == 4
    assert "FROM handrail.outcome_values" in text


def test_the_page_is_well_formed_and_text_stays_text(tmp_path: Path) -> None:
    text = document(tmp_path)
    body = text[text.index("<main>") : text.index("</main>") + len("</main>")]
    tree = ElementTree.fromstring(body)
    assert [cell.text for cell in tree.iter("td") if cell.text and "script" in cell.text] == [EVIL, EVIL]
    assert all(one.get("aria-label") for one in tree.iter("{http://www.w3.org/2000/svg}svg"))
