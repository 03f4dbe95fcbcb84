"""The evaluation as one HTML file, without a script."""

from __future__ import annotations

import json
from collections.abc import Iterator

from handrail.domain.quality.evaluation.evaluations import EvaluatedTest, EvaluatedVariant, EvaluationReport
from handrail.pages.rendering import render


def html_of(report: EvaluationReport) -> str:
    """Return the whole page."""
    variants = [("candidate", report.candidate), *([("baseline", report.baseline)] if report.baseline else [])]
    about = (
        f"{report.candidate.tests} tests, each {report.repeats} times, by {report.asked_by}, "
        f"{report.began_at:%Y-%m-%d %H:%M} to {report.ended_at:%H:%M} UTC."
        + (f" With the suite {report.suite}." if report.suite else "")
        + (f" Beside {report.beside}." if report.beside else "")
        + (" Held out: counts alone." if report.held_out else "")
    )
    return render(
        "evaluation.html",
        report=report,
        about=about,
        headings=["", *(name for name, _ in figures(report.candidate))],
        figures=[(name, *(figure for _, figure in figures(variant))) for name, variant in variants],
        changes=list(_changes(report)),
        cases=list(_cases(report)),
    )


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


def _changes(report: EvaluationReport) -> Iterator[tuple[str, ...]]:
    for change in report.comparison.indicators if report.comparison else ():
        yield (
            change.indicator,
            f"{change.baseline:.0%}",
            f"{change.candidate:.0%}",
            f"{change.low:+.1%}",
            f"{-change.margin:+.1%}",
            "yes" if change.not_worse else "no",
        )


def _cases(report: EvaluationReport) -> Iterator[tuple[str, ...]]:
    before = {test.correction_id: test for test in report.baseline.cases} if report.baseline else {}
    for test in report.candidate.cases:
        yield (
            test.correction_id,
            test.topic,
            test.kind.value,
            passes(before.get(test.correction_id)),
            passes(test),
            became(before.get(test.correction_id), test),
            test.why,
            json.dumps(test.did, ensure_ascii=False)[:400] if test.did else "",
        )


def passes(test: EvaluatedTest | None) -> str:
    """Say how often it passes."""
    return "" if test is None else f"{test.passes} of {test.runs}"


def became(before: EvaluatedTest | None, now: EvaluatedTest) -> str:
    """Say what became of a test: better, worse, flips, or nothing."""
    if before is not None and before.passed != now.passed:
        return "better" if now.passed else "worse"
    return "flips" if now.flips else ""
