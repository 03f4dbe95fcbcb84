"""The report on a trained router, over labelled messages that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from pydantic import Field
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.domain.base import Model
from handrail.domain.errors import InvalidInput
from handrail.routing.learning.evaluate import Share
from handrail.routing.learning.labelled import OUTSIDE, Labelled
from handrail.routing.learning.thresholds import FEW_OUTSIDE, Outcomes, coverage_at, curve, kept_error, weights
from handrail.routing.model.artefact import Artefact
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Flags
from handrail.routing.model.linear import Rows
from handrail.routing.model.stage import Scored

ERRORS = (0.01, 0.02, 0.05)
SHARES = (0.03, 0.18)
RESAMPLED = 300
BINS = 15
WARM = 20
REPEATED = 3
"""Each message is timed so often and its quickest time counts: what the machine does besides is not the router's."""
SEED = 20
Interval = tuple[float, float]


class Promise(Model):
    """The threshold that training set. `kept` is the error among the answers: as evaluated, and reweighted to a share of
    out-of-scope messages; None where nothing is answered or no such message was given."""

    stated_error: float
    stated_oos_share: float
    threshold: float
    coverage: float = Field(description="of the messages within scope")
    answered: int
    evaluated_oos_share: float
    kept: dict[str, float | None]
    kept_interval: Interval | None


class RouterReport(Model):
    """Shares are 0 to 1; None where the data cannot tell. Latencies are milliseconds of one message on one thread, the
    quickest of three times.

    `accuracy`: within scope when it must answer. `out_of_scope_recall`: called out of scope; `out_of_scope_not_answered`: that
    or left undecided. `coverage_at_error`: the most messages within scope that can be answered at that error among all
    answers, where answering an out-of-scope message is an error. `calibration_error`: expected calibration error of the
    confidence, at the share of out-of-scope messages that it is learnt for, where there are such messages. `intervals`: 95 %.
    """

    router: str
    messages: int
    in_scope: int
    out_of_scope: int
    unseen_labels: list[str] = Field(description="labels the router never saw; their messages count as out of scope")
    accuracy: float | None
    out_of_scope_auroc: float | None
    out_of_scope_recall: float | None
    out_of_scope_not_answered: float | None
    in_scope_called_out_of_scope: float | None
    coverage_at_error: dict[str, float | None]
    risk_labels: list[str]
    risk_recall: float | None
    risk_false_alarms: float | None
    calibration_error: float
    promise: Promise
    latency_ms_p50: float
    latency_ms_p99: float
    intervals: dict[str, Interval | None]


@dataclass(frozen=True)
class Measured:
    """The report, and the curve behind it: coverage and error, one point for each confidence."""

    report: RouterReport
    coverage: Floats
    error: Floats


def measure(artefact: Artefact, rows: Sequence[Labelled], risk_labels: Sequence[str] | None = None) -> Measured:
    """Score every row by itself, as a message comes.

    Raises:
        InvalidInput: no rows.
    """
    if not rows:
        raise InvalidInput("--data: holds no message; give at least one labelled message.")
    manifest = artefact.manifest
    place = {label: number for number, label in enumerate(manifest.labels)}
    truth = np.array([place.get(row.label, -1) for row in rows])
    inside = truth >= 0
    found, seconds = _scored(artefact, [row.text for row in rows])
    sure, scope, outward, answered, alarm = found.confidence, found.scope, found.outside, found.answered, found.risky
    right = found.best == truth
    outcomes = Outcomes(sure, right, inside)
    decided = Outcomes(np.where(answered, sure, -1.0), right, inside)
    theirs = list(manifest.risk_labels if risk_labels is None else risk_labels)
    risky = np.array([row.label in theirs for row in rows])
    shares = {
        "accuracy": Share.count(right[inside].tolist()),
        "out_of_scope_recall": Share.count(outward[~inside].tolist()),
        "out_of_scope_not_answered": Share.count((~answered)[~inside].tolist()),
        "in_scope_called_out_of_scope": Share.count(outward[inside].tolist()),
        "risk_recall": Share.count(alarm[risky].tolist()),
        "risk_false_alarms": Share.count(alarm[~risky].tolist() if risky.any() else []),
    }
    errors = {f"{limit:g}": found for limit, found in zip(ERRORS, coverage_at(outcomes, ERRORS), strict=True)}
    drawn = _resampled(len(rows), lambda sample: coverage_at(outcomes.only(sample), ERRORS)) if inside.any() else None
    mixed = bool(inside.any() and not inside.all())
    auroc = _resampled(len(rows), lambda sample: [_auroc(inside[sample], scope[sample])]) if mixed else None
    report = RouterReport(
        router=manifest.content_hash[:12],
        messages=len(rows),
        in_scope=int(inside.sum()),
        out_of_scope=int((~inside).sum()),
        unseen_labels=sorted({row.label for row in rows if row.label not in place} - {OUTSIDE}),
        **{name: share.value for name, share in shares.items()},
        out_of_scope_auroc=_auroc(inside, scope) if mixed else None,
        coverage_at_error={name: value if inside.any() else None for name, value in errors.items()},
        risk_labels=theirs,
        calibration_error=_calibration(outcomes, min(FEW_OUTSIDE, manifest.stated_oos_share) if mixed else None),
        promise=_promise(artefact, decided, answered, mixed=mixed),
        latency_ms_p50=round(float(np.percentile(seconds, 50)) * 1000, 3),
        latency_ms_p99=round(float(np.percentile(seconds, 99)) * 1000, 3),
        intervals={
            **{name: _wilson(share) for name, share in shares.items()},
            **{f"coverage_at_error.{limit:g}": drawn[n] if drawn else None for n, limit in enumerate(ERRORS)},
            "out_of_scope_auroc": auroc[0] if auroc else None,
        },
    )
    return Measured(report, *curve(outcomes))


def _scored(artefact: Artefact, texts: list[str]) -> tuple[Scored, Floats]:
    """The texts scored one by one, and the seconds that each took."""
    seconds, found = [], []
    with threadpool_limits(limits=1):
        for text in texts[:WARM]:
            artefact.score([text])
        for text in texts:
            taken = []
            for _ in range(REPEATED):
                start = perf_counter()
                one = artefact.score([text])
                taken.append(perf_counter() - start)
            seconds.append(min(taken))
            found.append(one)
    return Scored.stacked(found), np.array(seconds)


def _promise(artefact: Artefact, decided: Outcomes, answered: Flags, *, mixed: bool) -> Promise:
    manifest = artefact.manifest
    wrong = answered & ~decided.right
    inside = decided.inside
    return Promise(
        stated_error=manifest.stated_error,
        stated_oos_share=manifest.stated_oos_share,
        threshold=manifest.thresholds.answer,
        coverage=float(answered[inside].mean()) if inside.any() else 0.0,
        answered=int(answered.sum()),
        evaluated_oos_share=float((~inside).mean()),
        kept={
            "evaluated": kept_error(decided, 0.0),
            **{f"{share:g}": kept_error(decided, 0.0, share) if mixed else None for share in SHARES},
        },
        kept_interval=_wilson(Share.count(wrong[answered].tolist())),
    )


def _auroc(inside: Flags, scope: Floats) -> float:
    return float(roc_auc_score(inside, scope)) if 0 < inside.sum() < len(inside) else float("nan")


def _calibration(outcomes: Outcomes, share: float | None) -> float:
    """Mean distance between confidence and the share that is right, over bins of equally many messages."""
    weight = weights(outcomes.inside, share)
    order = np.argsort(outcomes.confidence)
    distance = 0.0
    for rows in np.array_split(order, min(BINS, len(order))):
        gap = outcomes.right[rows] - outcomes.confidence[rows]
        distance += abs(float((weight[rows] * gap).sum()))
    return distance / float(weight.sum())


def _resampled(count: int, statistic: Callable[[Rows], list[float]]) -> list[Interval]:
    """The bootstrap's 95 % interval of each number."""
    random = np.random.default_rng(SEED)
    drawn = np.array([statistic(random.integers(count, size=count)) for _ in range(RESAMPLED)])
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return [(float(one), float(other)) for one, other in zip(low, high, strict=True)]


def _wilson(share: Share) -> Interval | None:
    return None if share.low is None or share.high is None else (share.low, share.high)
