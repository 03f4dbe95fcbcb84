"""The status of a judge, out of what the record holds: gates, raw and corrected rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from handrail.domain.quality.judge.calibration import CalibrationRecord, GateOpening, GateStanding, JudgedTerms, MeasuredRate
from handrail.domain.quality.judge.judge_status import CriterionStatus, JudgedRate
from handrail.domain.quality.judge.judged import JudgePlan
from handrail.domain.quality.judge.judging import CaseVerdict, JudgedSample
from handrail.domain.quality.judge.labels import LabelledTask
from handrail.domain.quality.watch.drift import DriftDay
from handrail.quality.judging.gates import UNSET, JudgeInForce, standings
from handrail.quality.statistics.corrected import JudgeErrors, corrected


def statuses(
    plan: JudgePlan,
    calibrations: Mapping[str, CalibrationRecord],
    models: Mapping[str, str],
    samples: Sequence[JudgedSample],
    labelled: Sequence[LabelledTask],
    now: datetime,
    *,
    openings: Mapping[str, GateOpening],
    off: bool = False,
) -> list[CriterionStatus]:
    """Return the status of each criterion; `models` gives the name under which each judge answered last."""
    found = []
    for name, standing in standings(JudgeInForce(plan, UNSET if off else None), calibrations, models, now).items():
        own = [each for each in samples if each.criterion == name]
        labels = sum(each.criterion == name and each.verdict is not None for each in labelled)
        since = openings[name].since if standing.open and name in openings else None
        found.append(_status(plan, name, standing, own, labels).model_copy(update={"since": since}))
    return found


def _status(plan: JudgePlan, name: str, standing: GateStanding, own: Sequence[JudgedSample], labels: int) -> CriterionStatus:
    wanted = plan.rubric.runs
    verdicts = [(each, each.verdict(wanted)) for each in own]
    measured = [(each, verdict) for each, verdict in verdicts if verdict is not None]
    left = sum(each.runs == 0 for each in own)
    raw = raw_rate(measured)
    right = corrected_rate(raw, standing) if raw else None
    return CriterionStatus(
        criterion=name,
        question=plan.rubric.criteria[name].question,
        gate=standing,
        sampled=len(own),
        judged=len(measured),
        unmeasured=len(own) - len(measured) - left,
        left=left,
        labels=labels,
        labels_wanted=plan.rubric.labels,
        raw=raw,
        corrected=right,
        statement=_statement(standing, raw, right),
    )


def raw_rate(measured: Sequence[tuple[JudgedSample, CaseVerdict]]) -> MeasuredRate | None:
    """Return the share that the judge fails, each case weighted by the cases it stands for; None where there is no case.

    `size` is how many cases of equal weight would say as much (Kish).
    """
    weights = [1 / each.probability for each, _ in measured]
    if not weights:
        return None
    fails = sum(weight for weight, (_, verdict) in zip(weights, measured, strict=True) if verdict is CaseVerdict.FAIL)
    size = sum(weights) ** 2 / sum(weight**2 for weight in weights)
    return MeasuredRate(value=fails / sum(weights), size=size)


def corrected_rate(raw: MeasuredRate, standing: GateStanding) -> MeasuredRate | None:
    """Return the share of cases that fail; None where the gate is closed or the judge tells nothing apart."""
    held = standing.calibration
    if not standing.open or held is None or raw.value is None:
        return None
    right, wrong = held.sensitivity, held.specificity
    if right.value is None or wrong.value is None:
        return None
    found = corrected(raw.value, raw.size, JudgeErrors(right.value, right.size, wrong.value, wrong.size))
    return MeasuredRate(value=found.value, low=found.low, high=found.high, size=raw.size) if found else None


def daily_rate(terms: JudgedTerms, day: DriftDay) -> JudgedRate | None:
    """Return the share of a day's cases that fail; None where no case was judged, or the judge tells nothing apart."""
    right, wrong = terms.sensitivity, terms.specificity
    if not day.cases or right.value is None or wrong.value is None:
        return None
    found = corrected(day.bad / day.cases, day.cases, JudgeErrors(right.value, right.size, wrong.value, wrong.size))
    about = {"day": day.day, "criterion": terms.criterion, "cases": day.cases}
    return JudgedRate(**about, raw=found.raw, value=found.value, low=found.low, high=found.high) if found else None


def _statement(standing: GateStanding, raw: MeasuredRate | None, right: MeasuredRate | None) -> str:
    if not standing.open:
        return standing.words
    if raw is None:
        return "no case was judged"
    if right is None or right.value is None:
        return "unmeasured: the judge tells nothing apart"
    return f"{right.value:.1%} fail, {right.low:.1%} to {right.high:.1%} (the judge says {raw.value:.1%})"
