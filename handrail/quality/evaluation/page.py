"""The evaluation as one HTML file, without a script. It is built as a tree, so that no text is ever markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from handrail.domain.quality.evaluations import EvaluatedTest, EvaluatedVariant, EvaluationReport

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #c8c8c8;overflow-wrap:anywhere}
.verdict{font-size:1.3rem;font-weight:600}.yes{color:#0b5c2c}.no{color:#8a1c1c}@media print{body{margin:0;max-width:none}}
"""


def html_of(report: EvaluationReport) -> str:
    """Return the whole page."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "title").text = f"Evaluation {report.evaluation_id}"
    SubElement(head, "style").text = STYLE
    body = SubElement(SubElement(page, "body"), "main")
    SubElement(body, "h1").text = f"Evaluation {report.evaluation_id}"
    verdict = SubElement(body, "p", {"class": f"verdict {'yes' if report.passed else 'no'}"})
    verdict.text = "Passed" if report.passed else "Not passed"
    SubElement(body, "p").text = (
        f"{report.candidate.tests} corrections, each {report.repeats} times, by {report.asked_by}, "
        f"{report.began_at:%Y-%m-%d %H:%M} to {report.ended_at:%H:%M} UTC."
        + (" Held out: counts alone." if report.held_out else "")
    )
    reasons = SubElement(body, "ul")
    for line in report.why:
        SubElement(reasons, "li").text = line
    _figures(body, report)
    _changes(body, report)
    _cases(body, report)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(page, encoding="unicode", method="html") + "\n"


def _figures(body: Element, report: EvaluationReport) -> None:
    variants = [("candidate", report.candidate), *([("baseline", report.baseline)] if report.baseline else [])]
    rows = [(name, *(figure for _, figure in figures(variant))) for name, variant in variants]
    names = [name for name, _ in figures(report.candidate)]
    _table(body, "Figures", ["", *names], rows)


def figures(variant: EvaluatedVariant) -> list[tuple[str, str]]:
    """Return a variant's figures, each with its name, as people read them."""
    powers = [(f"pass^{place}", f"{power:.0%}") for place, power in enumerate(variant.pass_at, start=1)]
    return [
        ("release", variant.release),
        ("model", ", ".join([variant.parts.model, *(f"answers as {name}" for name in variant.parts.reported)])),
        ("passed", f"{variant.passed} of {variant.tests}"),
        *powers,
        ("flips", str(variant.flipped)),
        ("to people", f"{variant.handed_over:.0%}"),
        ("refused", f"{variant.refused:.0%}"),
        ("not recorded", str(variant.unrecorded)),
        ("cost", f"{variant.cost_usd:.4f} USD" if variant.priced else "not known"),
        ("p50, p95", ", ".join(f"{value:.1f} s" for value in (variant.p50_seconds, variant.p95_seconds) if value is not None)),
    ]


def _changes(body: Element, report: EvaluationReport) -> None:
    found = report.comparison
    if found is None:
        return
    SubElement(body, "p").text = (
        f"{found.improved} better, {found.worsened} worse, {found.same} the same; "
        f"McNemar's exact test: p = {found.p_value:.3f}."
    )
    rows = [
        (
            change.indicator,
            f"{change.baseline:.0%}",
            f"{change.candidate:.0%}",
            f"{change.low:+.1%}",
            f"{-change.margin:+.1%}",
            "yes" if change.not_worse else "no",
        )
        for change in found.indicators
    ]
    headings = ["indicator", "baseline", "candidate", "surely better than", "is borne", "not worse"]
    _table(body, "Not worse than the baseline, with 95 % confidence", headings, rows)


def _cases(body: Element, report: EvaluationReport) -> None:
    if not report.candidate.cases:
        return
    before = {test.correction_id: test for test in report.baseline.cases} if report.baseline else {}
    rows = [
        (
            test.correction_id,
            test.topic,
            test.kind.value,
            passes(before.get(test.correction_id)),
            passes(test),
            became(before.get(test.correction_id), test),
            test.why,
            json.dumps(test.did, ensure_ascii=False)[:400] if test.did else "",
        )
        for test in report.candidate.cases
    ]
    headings = ["correction", "topic", "kind", "baseline", "candidate", "became", "why it fails", "what it did"]
    _table(body, "Case by case", headings, rows)


def passes(test: EvaluatedTest | None) -> str:
    """Say how often it passes."""
    return "" if test is None else f"{test.passes} of {test.runs}"


def became(before: EvaluatedTest | None, now: EvaluatedTest) -> str:
    """Say what became of a test: better, worse, flips, or nothing."""
    if before is not None and before.passed != now.passed:
        return "better" if now.passed else "worse"
    return "flips" if now.flips else ""


def _table(body: Element, caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = SubElement(body, "table")
    SubElement(table, "caption").text = caption
    line = SubElement(SubElement(table, "thead"), "tr")
    for heading in headings:
        SubElement(line, "th", scope="col").text = heading
    lines = SubElement(table, "tbody")
    for row in rows:
        line = SubElement(lines, "tr")
        for place, cell in enumerate(row):
            if place:
                SubElement(line, "td").text = cell
            else:
                SubElement(line, "th", scope="row").text = cell
