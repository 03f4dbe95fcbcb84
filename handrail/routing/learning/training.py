"""Training a router on labelled messages: cross-fitted scores first, then what is decided from them, then the final fit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.domain.counting import many
from handrail.routing.learning.held_out import Held, Say, TrainingSet, cross_fit, crossed, doubtful, leave_labels_out
from handrail.routing.learning.labelled import OUTSIDE, Gathered
from handrail.routing.learning.risks import Risks, alarm_model, alarms, learn_risk, risky
from handrail.routing.learning.thresholds import FEW_OUTSIDE, NEVER, UNFORESEEN_SHARE, Outcomes, threshold, weights
from handrail.routing.lexicon import background
from handrail.routing.model.artefact import FORMAT, Artefact, Manifest, Parts, Thresholds, Training, sealed
from handrail.routing.model.features import Features
from handrail.routing.model.gate import Calibrator, Flags, evidence
from handrail.routing.model.linear import Linear

ENOUGH_OUTSIDE = 30
CLAIMED = 0.35
CLAIMED_SHARE = 0.25
SUSPECT_WEIGHT = 0.3
AIM = 0.7
"""Real messages out of scope are few in training, and the next ones differ: the threshold aims at less than what is stated."""
NAMED_WRONGLY = 0.05


@dataclass(frozen=True)
class TrainingRequest:
    """The user's wishes. `topics` says which topic a label stands for; `risk_labels` None: by their names."""

    error: float = 0.01
    share: float = 0.18
    topics: Mapping[str, str] | None = None
    risk_labels: Sequence[str] | None = None
    seed: int = 20


def train(gathered: Gathered, wanted: TrainingRequest, *, at: datetime, sources: Sequence[Path], say: Say) -> Artefact:
    """A router over the labels of `gathered`; `say` is told what goes on. A few minutes for 15,000 messages."""
    start = perf_counter()
    labels = gathered.labels
    own = [row.text for row in gathered.rows]
    rows_outside = sum(row.label == OUTSIDE for row in gathered.rows)
    few = rows_outside < ENOUGH_OUTSIDE
    say(f"{many(len(own), 'message')}, {many(len(labels), 'label')}, {rows_outside} out of scope")
    spare = [text for texts in background().groups.values() for text in texts] if few else []
    features = Features([*own, *spare])
    names = {label: number for number, label in enumerate([*labels, OUTSIDE])}
    vectors = features.vectors(own)
    kept = unclaimed(vectors, features) if few else []
    sheet = TrainingSet(
        _stacked(vectors, features.vectors(kept)) if kept else vectors,
        np.array([names[row.label] for row in gathered.rows] + [len(labels)] * len(kept), dtype=np.intp),
        labels,
    )
    with threadpool_limits(limits=1):
        held = Held.joined(cross_fit(sheet, wanted.seed, say))
        proxies = list(leave_labels_out(sheet, wanted.seed, say)) if few else []
        risk_labels = list(risky(labels) if wanted.risk_labels is None else wanted.risk_labels)
        theirs = np.append(np.isin(labels, risk_labels), False)
        watched = bool(theirs.any()) and not theirs[:-1].all()
        doubted = doubtful(held, sheet.outside)
        alarm = alarms(sheet, held, theirs) if watched else None
        gates = learn_gates(held, proxies, doubted, len(labels), wanted)
        risk = learn_risk(held, alarm, theirs) if alarm is not None else Risks(None, None, None, None)
        suspects = np.zeros(len(sheet.classes), dtype=bool)
        suspects[held.rows[doubted]] = True
        say(f"fitting all; {suspects.sum()} labels look wrong and count {SUSPECT_WEIGHT:.0%}")
        linear = Linear.learn(sheet.vectors, sheet.classes, np.where(suspects, SUSPECT_WEIGHT, 1.0), len(labels) + 1)
        everything = np.arange(len(sheet.classes))
        parts = Parts(
            features, linear, gates.right, gates.scope, risk.gate, alarm_model(sheet, everything, theirs) if watched else None
        )
    manifest = Manifest(
        format=FORMAT,
        content_hash="",
        created_at=at,
        labels=labels,
        topics=dict(wanted.topics or {}),
        risk_labels=risk_labels,
        stated_error=wanted.error,
        stated_oos_share=wanted.share,
        thresholds=Thresholds(answer=gates.answer, outside=gates.outside, risk=risk.cut),
        training=Training(
            messages=len(own),
            outside=rows_outside,
            proxies=_stood_in(len(kept), wanted.share) if few else "none needed",
            suspect=int(suspects.sum()),
            sources={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources},
            seed=wanted.seed,
            seconds=round(perf_counter() - start, 1),
            notes=gathered.notes,
            risk_recall=risk.recall,
            risk_false_alarms=risk.alarms,
            **gates.figures,
        ),
        libraries={name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
    )
    return sealed(manifest, parts)


def _stood_in(sentences: int, share: float) -> str:
    unforeseen = share * UNFORESEEN_SHARE if sentences else share
    rest = f", and for {share - unforeseen:.1%} like {sentences} background sentences" if sentences else ""
    return (
        f"the promise rests on stand-ins: it holds for {unforeseen:.1%} of messages like a label left out{rest}, "
        "labels that look wrong not counted; give messages labelled oos for a promise about real ones"
    )


def unclaimed(vectors: csr_matrix, features: Features) -> list[str]:
    """The background without the groups that the labels are about, and without single sentences close to a message."""
    kept = []
    for texts in background().groups.values():
        likeness = (features.vectors(texts) @ vectors.T).max(axis=1).toarray().ravel()
        if (likeness >= CLAIMED).mean() < CLAIMED_SHARE:
            kept += [text for text, close in zip(texts, likeness, strict=True) if close < CLAIMED]
    return kept


@dataclass(frozen=True)
class TrainedGates:
    """The gates that decide from the scores, with what they did on held-out messages."""

    right: Calibrator
    scope: Calibrator
    answer: float
    outside: float
    figures: dict[str, float | None]


def learn_gates(own: Held, proxies: Sequence[Held], doubted: Flags, labels: int, wanted: TrainingRequest) -> TrainedGates:
    """The gates for the best of `labels` labels, and their thresholds from probabilities that are cross-fitted once more."""
    held = Held.joined([own, *proxies])
    ours, outside = held.scores[:, :-1], held.scores[:, -1]
    rows = evidence(ours, outside, held.known)
    inside = held.classes < labels
    right = inside & (ours.argmax(axis=1) == held.classes)
    few, many = weights(inside, min(FEW_OUTSIDE, wanted.share)), weights(inside, wanted.share)
    sure, scope = crossed(rows, right, few, held.fold), crossed(rows, inside, many, held.fold)
    stand_in = np.arange(len(inside)) >= len(own.classes)
    answer = _answer(Outcomes(sure, right, inside), stand_in, doubted, wanted)
    named = float(np.quantile(scope[inside], NAMED_WRONGLY)) if not inside.all() else 0.0
    by_fold = [float(right[inside & (held.fold == fold)].mean()) for fold in np.unique(held.fold[inside])]
    return TrainedGates(
        Calibrator.learn(rows, right, few),
        Calibrator.learn(rows, inside, many),
        answer,
        named,
        {
            "accuracy": float(right[inside].mean()),
            "accuracy_spread": float(np.std(by_fold)),
            "out_of_scope_auroc": None if inside.all() else float(roc_auc_score(inside, scope)),
            "coverage": float((sure[inside] >= answer).mean()),
        },
    )


def _answer(outcomes: Outcomes, stand_in: Flags, doubted: Flags, wanted: TrainingRequest) -> float:
    """The threshold that keeps the promise; with real messages out of scope it aims lower, if anything keeps that.

    Stand-ins are the harder case already. With them, labels that look wrong are not held against the threshold: one in a
    hundred of those would use up what may be wrong.
    """
    if stand_in.any():
        rows = np.flatnonzero(~np.r_[doubted, np.zeros(int(stand_in.sum()), dtype=bool)])
        return threshold(outcomes.only(rows), error=wanted.error, share=wanted.share, unforeseen=stand_in[rows])
    aimed = threshold(outcomes, error=AIM * wanted.error, share=wanted.share)
    return aimed if aimed < NEVER else threshold(outcomes, error=wanted.error, share=wanted.share)


def _stacked(*blocks: csr_matrix) -> csr_matrix:
    return vstack(blocks, format="csr")
