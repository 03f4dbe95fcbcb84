"""Scores over days: shares of bad cases, weighted by the sample, with intervals, or that too few were measured to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from handrail.domain.quality.samples import DrawnCase, SampleReport, StratumReport
from handrail.domain.quality.scores import ScoredCase, ScoreFigure, ScoresReport, ScoreVerdict
from handrail.quality.statistics.estimates import weighted_share

GROUPS = ("topic", "risk", "day")


def scores_report(
    since: date,
    until: date,
    zone: str,
    by: str | None,
    days: Sequence[dict[str, Any]],
    scores: Sequence[ScoredCase],
    minimum: int,
    confidence: float,
) -> ScoresReport:
    """Return the report over the days from `since` to `until`; `days` are those that have a sample."""
    ready = {row["day"] for row in days if row["scored"]}
    wanted = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    groups: dict[tuple[str, str | None], list[ScoredCase]] = {}
    for score in scores:
        if score.day in ready:
            groups.setdefault((score.scorer, _group(score, by)), []).append(score)
    return ScoresReport(
        since=since,
        until=until,
        zone=zone,
        by=by,
        days=len(ready),
        days_missing=[day for day in wanted if day not in ready],
        cases=sum(row["cases"] for row in days if row["scored"]),
        drawn=sum(row["drawn"] for row in days if row["scored"]),
        unscored=sum(row["unscored"] for row in days if row["scored"]),
        figures=[
            figure(scorer, group, found, minimum, confidence) for (scorer, group), found in sorted(groups.items(), key=str)
        ],
    )


def _group(score: ScoredCase, by: str | None) -> str | None:
    return None if by is None else str(getattr(score, by))


def figure(scorer: str, group: str | None, scores: Sequence[ScoredCase], minimum: int, confidence: float) -> ScoreFigure:
    """Return one scorer's figure over these cases."""
    measured = [score for score in scores if score.verdict is not ScoreVerdict.UNMEASURED]
    bad = [score.verdict is ScoreVerdict.BAD for score in measured]
    strata = [f"{score.day}/{score.topic}/{score.risk}" for score in measured]
    found = weighted_share([score.weight for score in measured], strata, bad, confidence)
    unmeasured = len(scores) - len(measured)
    left = f"; {unmeasured} unmeasured" if unmeasured else ""
    base = ScoreFigure(
        scorer=scorer,
        group=group,
        n=len(measured),
        bad=sum(bad),
        unmeasured=unmeasured,
        stands_for=found.total if found else 0.0,
        statement=f"n = {len(measured)}, too few to say{left}",
    )
    if found is None or len(measured) < minimum:
        return base
    words = f"{found.value:.1%} bad ({found.low:.1%} to {found.high:.1%}), n = {len(measured)}{left}".replace("%", " %")
    return base.model_copy(update={"value": found.value, "low": found.low, "high": found.high, "statement": words})


def sample_report(day: date, drawn: Sequence[DrawnCase], scored: set[str]) -> SampleReport:
    """Return what was drawn on a day, by stratum."""
    strata: dict[str, list[DrawnCase]] = {}
    for case in drawn:
        strata.setdefault(case.stratum, []).append(case)
    found = [
        StratumReport(
            stratum=name,
            cases=cases[0].stratum_cases,
            drawn=len(cases),
            for_people=sum(case.for_people for case in cases),
            scored=sum(case.case_id in scored for case in cases),
        )
        for name, cases in sorted(strata.items())
    ]
    return SampleReport(
        day=day,
        drawn_on=bool(drawn),
        cases=sum(stratum.cases for stratum in found),
        drawn=len(drawn),
        for_people=sum(stratum.for_people for stratum in found),
        scored=sum(stratum.scored for stratum in found),
        strata=found,
        sample=list(drawn),
    )
