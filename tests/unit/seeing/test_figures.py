"""Figures and their labels: what a collector reads, and what makes no series of its own."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from handrail.seeing.figures import catalogue
from handrail.seeing.figures.labels import FIXED, REASONS, WORK, Labels
from handrail.temporal.late import WORK as CONNECTING
from handrail.wiring.cases.serving import DEPLOYMENT, KEPT, OUTCOMES, SCHEDULE, SWITCH, TOOLS
from handrail.wiring.front.webhooks import WORK as WEBHOOKS
from handrail.wiring.sealing import EAR
from handrail.wiring.starting import WORK as BEGINNING
from tests.support.figures import Served
from tests.support.promql import Scrapes

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "handrail" / "seeing" / "monitoring"
ALERTS = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
WORDS = 'my "order"\nO-10001 \\ 4111 1111 1111 1111'
REASON = re.compile(r'(?:Escalation\(\s*reason=|escalate\()"(\w+)"')


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_the_official_parser_reads_what_is_served() -> None:
    served = Served()
    served.labels.define(tool=lambda: ["refund_order"])
    served.figures.add(catalogue.TURNS, 3, outcome="resolved")
    served.figures.took(catalogue.TURN_SECONDS, 0.4)
    served.figures.add(catalogue.EFFECTS, tool="refund_order", outcome="applied")
    served.figures.show(catalogue.RECORD_UP, 1)
    found = read(served.scrape())
    assert found["handrail_turns_total", (("outcome", "resolved"),)] == 3
    assert found["handrail_turn_seconds_bucket", (("le", "0.5"),)] == 1
    assert found["handrail_effects_total", (("outcome", "applied"), ("tool", "refund_order"))] == 1
    assert found["handrail_record_reachable", ()] == 1


def test_a_customers_words_make_no_series() -> None:
    served = Served()
    served.labels.define(topic=lambda: ["refund"])
    served.figures.show_all(catalogue.FIGURES["handrail_control_level"], {("refund",): 1, (WORDS,): 2, ("x",): 3})
    served.figures.add(catalogue.ESCALATIONS, reason=WORDS)
    served.figures.add(catalogue.EFFECTS, tool=WORDS, outcome=WORDS)
    text = served.scrape()
    assert "O-10001" not in text
    found = read(text)
    assert found["handrail_control_level", (("topic", "other"),)] == 5
    assert found["handrail_effects_total", (("outcome", "other"), ("tool", "other"))] == 1


def test_a_value_that_is_gone_is_no_number() -> None:
    served = Served()
    served.labels.define(topic=lambda: ["refund", "fraud"])
    level = catalogue.FIGURES["handrail_control_level"]
    served.figures.show_all(level, {("refund",): 3})
    served.figures.show_all(level, {("fraud",): 1})
    found = read(served.scrape())
    assert math.isnan(found["handrail_control_level", (("topic", "refund"),)])
    assert found["handrail_control_level", (("topic", "fraud"),)] == 1


def test_a_label_has_a_list_or_is_refused() -> None:
    labels = {name for one in catalogue.FIGURES.values() for name in one.labels}
    assert labels == set(FIXED) | {"topic", "tool", "rule", "model", "route", "status"}
    with pytest.raises(ValueError, match="no label 'customer' takes a list"):
        Labels().define(customer=lambda: ["C-1"])


def test_every_reason_of_the_code_is_on_the_list() -> None:
    code = [path.read_text() for room in ("graphs", "workflows", "handrail/domain") for path in (ROOT / room).rglob("*.py")]
    found = {reason for text in code for reason in REASON.findall(text)}
    assert len(found) > 20
    assert found <= REASONS, found - REASONS


def test_all_work_beside_the_cases_is_on_the_list() -> None:
    told = re.compile(r'(?:troubles\.(?:about|running)|\babout)\("([a-z ]+)"[,)]')
    named = {one for path in (ROOT / "handrail" / "wiring").rglob("*.py") for one in told.findall(path.read_text())}
    assert len(named) >= 7
    assert named | {SWITCH, DEPLOYMENT, SCHEDULE, OUTCOMES, KEPT, TOOLS, WEBHOOKS, EAR, BEGINNING, CONNECTING} <= WORK


def test_dashboards_and_rules_name_figures_that_there_are() -> None:
    ours = re.compile(r"\bhandrail_\w+")
    known = {name for one in catalogue.FIGURES.values() for name in served_names(one)} | {"handrail_outcome_value"}
    texts = [(MONITORING / "alerts.yaml").read_text(), *(path.read_text() for path in MONITORING.rglob("*.json"))]
    assert len(texts) == 6
    assert {name for text in texts for name in ours.findall(text)} <= known
    for path in MONITORING.rglob("*.json"):
        panels = json.loads(path.read_text())["panels"]
        assert len({one["id"] for one in panels}) == len(panels) >= 6


def served_names(figure: catalogue.Figure) -> list[str]:
    """Return the names under which a figure is served."""
    if figure.kind is catalogue.FigureKind.COUNTER:
        return [f"{figure.name}_total"]
    return [f"{figure.name}_bucket"] if figure.kind is catalogue.FigureKind.SECONDS else [figure.name]


def test_each_alert_has_a_section_of_its_name_and_a_summary() -> None:
    page = (ROOT / "docs" / "operating" / "alerts.md").read_text()
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert len(rules) > 20
    for rule in rules:
        assert f"\n## {rule['alert']}\n" in page
        assert rule["annotations"]["runbook"] == f"docs/operating/alerts.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("expression", ["avg(up)", "up offset 5m > 1", "sum(up) without (job) > 1"])
def test_an_expression_that_the_drills_do_not_understand_is_refused(expression: str) -> None:
    scrapes = Scrapes(now=0.0)
    scrapes.take(worker="")
    with pytest.raises(ValueError, match=r"not understood|expected"):
        scrapes.firing(expression)
