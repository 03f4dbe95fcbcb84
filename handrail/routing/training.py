"""Training a router on labelled messages: cross-fitted scores first, then what is decided from them, then the final fit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.routing.artefact import FORMAT, Artefact, Manifest, Parts, Thresholds, Training, risk_evidence, sealed
from handrail.routing.features import Features, Floats
from handrail.routing.folds import deal
from handrail.routing.gate import Flags, Gate, evidence
from handrail.routing.labelled import OUTSIDE, Gathered
from handrail.routing.lexicon import background
from handrail.routing.linear import Linear, Rows
from handrail.routing.promise import Outcomes, threshold, weights

FOLDS = 5
LEFT_OUT = 4
ENOUGH_OUTSIDE = 30
CLAIMED = 0.35
CLAIMED_SHARE = 0.25
SUSPECT_LEAD = 1.0
SUSPECT_WEIGHT = 0.3
RISK_RECALL = 0.993
NAMED_WRONGLY = 0.05
RISKY = re.compile(
    r"stolen|theft|fraud|scam|phish|compromis|hack|unauthori[sz]ed|unrecogni[sz]ed|not_recogni[sz]ed|lost_.*(card|phone)|(card|phone)_lost"
    r"|dispute|chargeback|self_harm|suicid|threat|legal|launder",
    re.IGNORECASE,
)
"""Labels that are a risk where a business does not say which ones are."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What the user states. `topics` says which topic a label stands for; `risk_labels` None: by their names."""

    error: float = 0.01
    share: float = 0.18
    topics: Mapping[str, str] | None = None
    risk_labels: Sequence[str] | None = None
    seed: int = 20


@dataclass(frozen=True)
class Sheet:
    """Messages as numbers; class `len(labels)` is out of scope."""

    vectors: csr_matrix
    classes: Rows
    labels: list[str]

    @property
    def outside(self) -> int:
        """The class of what is out of scope."""
        return len(self.labels)


@dataclass(frozen=True)
class Held:
    """Scores of messages by models that never saw them; `rows` are their places in the sheet, `fold` the model's number."""

    scores: Floats
    known: Floats
    classes: Rows
    fold: Rows
    rows: Rows

    @classmethod
    def joined(cls, parts: Iterable[Held]) -> Held:
        parts = list(parts)
        names = ("scores", "known", "classes", "fold", "rows")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def risky(labels: Sequence[str]) -> list[str]:
    """The labels whose names speak of a risk."""
    return [label for label in labels if RISKY.search(label.replace("-", "_").replace(" ", "_"))]


def train(gathered: Gathered, wanted: Wanted, *, at: datetime, sources: Sequence[Path], say: Say) -> Artefact:
    """A router over the labels of `gathered`; `say` is told what goes on. A few minutes for 15,000 messages."""
    start = perf_counter()
    labels = gathered.labels
    own = [row.text for row in gathered.rows]
    rows_outside = sum(row.label == OUTSIDE for row in gathered.rows)
    few = rows_outside < ENOUGH_OUTSIDE
    say(f"{len(own)} messages, {len(labels)} labels, {rows_outside} out of scope")
    spare = [text for texts in background().groups.values() for text in texts] if few else []
    features = Features([*own, *spare])
    names = {label: number for number, label in enumerate([*labels, OUTSIDE])}
    vectors = features.vectors(own)
    kept = unclaimed(vectors, features) if few else []
    sheet = Sheet(
        _stacked(vectors, features.vectors(kept)) if kept else vectors,
        np.array([names[row.label] for row in gathered.rows] + [len(labels)] * len(kept), dtype=np.intp),
        labels,
    )
    with threadpool_limits(limits=1):
        held = Held.joined(cross_fit(sheet, wanted.seed, say))
        proxies = list(leave_labels_out(sheet, wanted.seed, say)) if few else []
        risk_labels = list(risky(labels) if wanted.risk_labels is None else wanted.risk_labels)
        gates = learn_gates(held, proxies, labels, risk_labels, wanted)
        suspects = suspect(held, sheet)
        say(f"fitting all; {suspects.sum()} labels look wrong and count {SUSPECT_WEIGHT:.0%}")
        linear = Linear.learn(sheet.vectors, sheet.classes, np.where(suspects, SUSPECT_WEIGHT, 1.0), len(labels) + 1)
    stood_in = f"{len(kept)} background sentences, and each label left out in turn" if few else "none needed"
    manifest = Manifest(
        format=FORMAT,
        content_hash="",
        created_at=at,
        labels=labels,
        topics=dict(wanted.topics or {}),
        risk_labels=risk_labels,
        stated_error=wanted.error,
        stated_oos_share=wanted.share,
        thresholds=gates.thresholds,
        training=Training(
            messages=len(own),
            outside=rows_outside,
            proxies=stood_in,
            suspect=int(suspects.sum()),
            sources={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources},
            seed=wanted.seed,
            seconds=round(perf_counter() - start, 1),
            notes=gathered.notes,
            **gates.figures,
        ),
        libraries={name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
    )
    return sealed(manifest, Parts(features, linear, gates.right, gates.scope, gates.risk))


def unclaimed(vectors: csr_matrix, features: Features) -> list[str]:
    """The background without the groups that the labels are about, and without single sentences close to a message."""
    kept = []
    for texts in background().groups.values():
        likeness = (features.vectors(texts) @ vectors.T).max(axis=1).toarray().ravel()
        if (likeness >= CLAIMED).mean() < CLAIMED_SHARE:
            kept += [text for text, close in zip(texts, likeness, strict=True) if close < CLAIMED]
    return kept


def cross_fit(sheet: Sheet, seed: int, say: Say) -> Iterable[Held]:
    """Scores of every row by a model that was trained without it."""
    fewest = int(np.bincount(sheet.classes)[: len(sheet.labels)].min())
    fold = deal(sheet.vectors, sheet.classes, max(2, min(FOLDS, fewest)), seed)
    jobs = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number), number) for number in np.unique(fold)]
    yield from _fit_each(sheet, jobs, say, "held out")


def leave_labels_out(sheet: Sheet, seed: int, say: Say) -> Iterable[Held]:
    """Scores of messages whose label the model never saw: what a subject that nobody foresaw looks like."""
    group = np.random.default_rng(seed).permutation(len(sheet.labels)) % min(LEFT_OUT, len(sheet.labels))
    ours = np.flatnonzero(sheet.classes < sheet.outside)
    jobs = []
    for number in range(int(group.max()) + 1):
        out = group[sheet.classes[ours]] == number
        seen = np.r_[ours[~out], np.flatnonzero(sheet.classes == sheet.outside)]
        if len(np.unique(sheet.classes[seen])) > 1:
            jobs.append((seen, ours[out], number))
    for held in _fit_each(sheet, jobs, say, "labels left out"):
        yield replace(held, classes=np.full(len(held.classes), sheet.outside, dtype=np.intp))


def _fit_each(sheet: Sheet, jobs: list[tuple[Rows, Rows, int]], say: Say, words: str) -> Iterable[Held]:
    def fit(job: tuple[Rows, Rows, int]) -> Held:
        seen, unseen, fold = job
        model = Linear.learn(sheet.vectors[seen], sheet.classes[seen], np.ones(len(seen)), len(sheet.labels) + 1)
        scores, known = model.scores(sheet.vectors[unseen])
        return Held(scores, known, sheet.classes[unseen], np.full(len(unseen), fold, dtype=np.intp), unseen)

    # One after the other: the solver draws from one generator for the whole process, so that threads would change the result.
    for number, job in enumerate(jobs, 1):
        yield fit(job)
        say(f"{words}: {number} of {len(jobs)}")


@dataclass(frozen=True)
class Gates:
    """What decides from the scores, with what it did on held-out messages."""

    right: Gate
    scope: Gate
    risk: Gate | None
    thresholds: Thresholds
    figures: dict[str, float | None]


def learn_gates(own: Held, proxies: Sequence[Held], labels: list[str], risk_labels: Sequence[str], wanted: Wanted) -> Gates:
    """The gates and their thresholds, these from probabilities that are cross-fitted once more.

    The gate for risks sees no proxies: a risk label left out of training is still a risk.
    """
    held = Held.joined([own, *proxies])
    ours, outside = held.scores[:, :-1], held.scores[:, -1]
    rows = evidence(ours, outside, held.known)
    inside = held.classes < len(labels)
    right = inside & (ours.argmax(axis=1) == held.classes)
    weight = weights(inside, wanted.share)
    sure, scope = _crossed(rows, right, weight, held.fold), _crossed(rows, inside, weight, held.fold)
    outcomes = Outcomes(sure, right, inside)
    answer = threshold(outcomes, error=wanted.error, share=wanted.share)
    named = float(np.quantile(scope[inside], NAMED_WRONGLY)) if not inside.all() else 0.0
    risk, cut, recall, alarms = _risk(own, labels, risk_labels)
    by_fold = [float(right[inside & (held.fold == fold)].mean()) for fold in np.unique(held.fold[inside])]
    return Gates(
        Gate.learn(rows, right, weight),
        Gate.learn(rows, inside, weight),
        risk,
        Thresholds(answer=answer, outside=named, risk=cut),
        {
            "accuracy": float(right[inside].mean()),
            "accuracy_spread": float(np.std(by_fold)),
            "out_of_scope_auroc": None if inside.all() else float(roc_auc_score(inside, scope)),
            "coverage": float((sure[inside] >= answer).mean()),
            "risk_recall": recall,
            "risk_false_alarms": alarms,
        },
    )


def _risk(
    held: Held, labels: list[str], risk_labels: Sequence[str]
) -> tuple[Gate | None, float | None, float | None, float | None]:
    """The gate for risk, the threshold that finds nearly all, and recall and false alarms there."""
    theirs = np.isin(labels, risk_labels)
    if not theirs.any() or theirs.all():
        return None, None, None, None
    rows = risk_evidence(held.scores[:, :-1], held.scores[:, -1], theirs)
    target = np.r_[theirs, False][held.classes]
    even = weights(target, 0.5)
    found = _crossed(rows, target, even, held.fold)
    cut = float(np.quantile(found[target], 1 - RISK_RECALL, method="lower"))
    return Gate.learn(rows, target, even), cut, float((found[target] >= cut).mean()), float((found[~target] >= cut).mean())


def _crossed(rows: Floats, target: Flags, weight: Floats, fold: Rows) -> Floats:
    """Each row's probability by a gate that was learnt without the row's fold."""
    found = np.empty(len(rows))
    for number in np.unique(fold):
        here = fold == number
        found[here] = Gate.learn(rows[~here], target[~here], weight[~here]).probability(rows[here])
    return found


def suspect(held: Held, sheet: Sheet) -> Flags:
    """Rows whose label looks wrong: a model that did not see them is far surer of another one (Northcutt et al. 2021)."""
    own = held.scores[np.arange(len(held.classes)), held.classes]
    others = held.scores[:, :-1].copy()
    inside = held.classes < sheet.outside
    others[np.flatnonzero(inside), held.classes[inside]] = -np.inf
    found = np.zeros(len(sheet.classes), dtype=bool)
    found[held.rows[inside & (others.max(axis=1) - own > SUSPECT_LEAD)]] = True
    return found


def _stacked(*blocks: csr_matrix) -> csr_matrix:
    return vstack(blocks, format="csr")
