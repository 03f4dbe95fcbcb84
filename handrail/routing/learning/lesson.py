"""Learning one stage of a router: held-out scores, gates and thresholds over them, then the final fit.

A second stage sees what the first leaves open. Its threshold keeps the promise for both together: what the first has answered
counts as it is, right or wrong, and the second answers only as much more as the stated error still allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.metrics import roc_auc_score

from handrail.routing.learning.held_out import Held, Say, TrainingSet, cross_fit, crossed, doubtful, leave_labels_out
from handrail.routing.learning.risks import RiskAim, Risks, alarm_model, alarms, learn_risk
from handrail.routing.learning.thresholds import FEW_OUTSIDE, NEVER, Outcomes, threshold, weights
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Calibrator, Flags, evidence
from handrail.routing.model.linear import Linear, Rows
from handrail.routing.model.stage import Stage, Thresholds

SUSPECT_WEIGHT = 0.3
AIM = 0.7
"""Real messages out of scope are few in training, and the next ones differ: the threshold aims at less than what is stated."""
EARLY = 0.6
"""The share of the risks missed that a first stage may miss, where a second one follows."""
MARGIN = 0.9
"""Two stages are chosen one after the other on the same held-out messages: with stand-ins, each aims at less than stated.
Where there are real messages out of scope, `AIM` leaves more room than that."""
SPARE = 0.005
"""False alarms that a second stage may cost without being asked: it then finds more risks than was aimed at."""
NAMED_WRONGLY = 0.05
SETTLED = 2.0
"""The confidence of what an earlier stage has answered: above every threshold."""


@dataclass(frozen=True)
class TrainingRequest:
    """The user's wishes. `topics` says which topic a label stands for; `risk_labels` None: by their names."""

    error: float = 0.01
    share: float = 0.18
    topics: Mapping[str, str] | None = None
    risk_labels: Sequence[str] | None = None
    seed: int = 20
    risk: RiskAim = field(default_factory=RiskAim)


@dataclass(frozen=True)
class Judged:
    """Held-out judgement of a stage, an entry for each message and stand-in: its best label's rightness and confidence, its
    probability of scope, whether it answers, and whether its own threshold or label calls the message a risk."""

    right: Flags
    sure: Floats
    scope: Floats
    answered: Flags
    risky: Flags


@dataclass(frozen=True)
class Learnt:
    """A stage with its thresholds, the figures on held-out messages, and how many labels look wrong."""

    stage: Stage
    thresholds: Thresholds
    figures: dict[str, float | None]
    risks: Risks
    suspect: int
    judged: Judged


@dataclass(frozen=True)
class Lesson:
    """The setting that every stage shares. `theirs`: which classes are a risk; `few`: stand-ins take the place of
    what is out of scope."""

    wanted: TrainingRequest
    theirs: Flags
    few: bool
    say: Say

    def learn(self, sheet: TrainingSet, fold: Rows, *, early: bool = False, before: Learnt | None = None) -> Learnt:
        """The stage for `sheet`; `early`: another one follows; `before`: the stage that came first, over the same rows."""
        held = Held.joined(cross_fit(sheet, fold, self.say))
        proxies = list(leave_labels_out(sheet, self.wanted.seed, self.say)) if self.few else []
        watched = bool(self.theirs.any()) and not self.theirs[:-1].all()
        doubted = doubtful(held, sheet.outside)
        error = self.wanted.error * (MARGIN if self.few and (before or early) else 1.0)
        gates = _gates(Held.joined([held, *proxies]), doubted, error, self.wanted, before)
        best = held.scores[:, :-1].argmax(axis=1)
        passed = before.judged.risky[: len(best)] | ~before.judged.answered[: len(best)] if before else None
        risks = Risks()
        if watched:
            aim = self.wanted.risk.early(EARLY) if early else self.wanted.risk
            aim = replace(aim, spare=SPARE) if before else aim
            risks = learn_risk(held, alarms(sheet, held, self.theirs), self.theirs, aim, passed)
        suspects = np.zeros(len(sheet.classes), dtype=bool)
        suspects[held.rows[doubted]] = True
        self.say(f"fitting all; {suspects.sum()} labels look wrong and count {SUSPECT_WEIGHT:.0%}")
        count = len(sheet.labels) + 1
        linear = Linear.learn(sheet.vectors, sheet.classes, np.where(suspects, SUSPECT_WEIGHT, 1.0), count)
        alarm = alarm_model(sheet, np.arange(len(sheet.classes)), self.theirs) if watched else None
        flagged = self.theirs[best] if risks.flagged is None else self.theirs[best] | risks.flagged
        return Learnt(
            Stage(linear, gates.right, gates.scope, risks.gate, alarm),
            Thresholds(answer=gates.answer, outside=gates.outside, risk=risks.cut),
            {**gates.figures, "risk_recall": risks.recall, "risk_false_alarms": risks.alarms},
            risks,
            int(suspects.sum()),
            Judged(*gates.judged, np.r_[flagged, np.ones(sum(len(one.rows) for one in proxies), dtype=bool)]),
        )


@dataclass(frozen=True)
class _Gates:
    right: Calibrator
    scope: Calibrator
    answer: float
    outside: float
    figures: dict[str, float | None]
    judged: tuple[Flags, Floats, Floats, Flags]


def _gates(held: Held, doubted: Flags, error: float, wanted: TrainingRequest, before: Learnt | None) -> _Gates:
    """The gates for the best label, and their thresholds from probabilities that are cross-fitted once more."""
    ours, outside = held.scores[:, :-1], held.scores[:, -1]
    rows = evidence(ours, outside, held.known)
    inside = held.classes < ours.shape[1]
    right = inside & (ours.argmax(axis=1) == held.classes)
    few, many = weights(inside, min(FEW_OUTSIDE, wanted.share)), weights(inside, wanted.share)
    gates = Calibrator.learn(rows, right, few), Calibrator.learn(rows, inside, many)
    sure, scope = crossed(rows, right, few, held.fold), crossed(rows, inside, many, held.fold)
    settled = before.judged.answered if before else np.zeros(len(inside), dtype=bool)
    if before:
        right, scope = np.where(settled, before.judged.right, right), np.where(settled, before.judged.scope, scope)
        sure = np.where(settled, SETTLED, sure)
    stand_in = np.arange(len(inside)) >= len(doubted)
    answer = min(_answer(Outcomes(sure, right, inside), stand_in, doubted, error, wanted.share), NEVER)
    named = _named_wrongly(scope[inside & ~settled], int(inside.sum())) if not inside.all() else 0.0
    by_fold = [float(right[inside & (held.fold == fold)].mean()) for fold in np.unique(held.fold[inside])]
    figures = {
        "accuracy": float(right[inside].mean()),
        "accuracy_spread": float(np.std(by_fold)),
        "out_of_scope_auroc": None if inside.all() else float(roc_auc_score(inside, scope)),
        "coverage": float((sure[inside] >= answer).mean()),
    }
    answered = settled | ((sure >= answer) & (scope >= named))
    return _Gates(*gates, answer, named, figures, (right, sure, scope, answered))


def _named_wrongly(scope: Floats, inside: int) -> float:
    """The bound below which a few of all `inside` messages are called out of scope; `scope` of those still open."""
    return float(np.quantile(scope, min(1.0, NAMED_WRONGLY * inside / len(scope)))) if len(scope) else 0.0


def _answer(outcomes: Outcomes, stand_in: Flags, doubted: Flags, error: float, share: float) -> float:
    """The threshold that keeps the promise; with real messages out of scope it aims lower, if anything keeps that.

    Stand-ins are the harder case already. With them, labels that look wrong are not held against the threshold: one in a
    hundred of those would use up what may be wrong.
    """
    if stand_in.any():
        rows = np.flatnonzero(~np.r_[doubted, np.zeros(int(stand_in.sum()), dtype=bool)])
        return threshold(outcomes.only(rows), error=error, share=share, unforeseen=stand_in[rows])
    aimed = threshold(outcomes, error=AIM * error, share=share)
    return aimed if aimed < NEVER else threshold(outcomes, error=error, share=share)
