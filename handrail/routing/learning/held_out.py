"""Scores of messages by models that never saw them: what gates and thresholds are learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from handrail.routing.learning.folds import deal
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Calibrator, Flags
from handrail.routing.model.linear import Linear, Rows

FOLDS = 5
LEFT_OUT = 4
SUSPECT_LEAD = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainingSet:
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


def dealt(sheet: TrainingSet, seed: int) -> Rows:
    """The fold of every row, see `deal`: as many as the smallest label allows."""
    fewest = int(np.bincount(sheet.classes)[: len(sheet.labels)].min())
    return deal(sheet.vectors, sheet.classes, max(2, min(FOLDS, fewest)), seed)


def cross_fit(sheet: TrainingSet, fold: Rows, say: Say) -> Iterable[Held]:
    """Scores of every row by a model that was trained without its fold."""
    jobs = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number), number) for number in np.unique(fold)]
    yield from _fit_each(sheet, jobs, say, "held out")


def leave_labels_out(sheet: TrainingSet, seed: int, say: Say) -> Iterable[Held]:
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


def _fit_each(sheet: TrainingSet, jobs: list[tuple[Rows, Rows, int]], say: Say, words: str) -> Iterable[Held]:
    def fit(job: tuple[Rows, Rows, int]) -> Held:
        seen, unseen, fold = job
        model = Linear.learn(sheet.vectors[seen], sheet.classes[seen], np.ones(len(seen)), len(sheet.labels) + 1)
        scores, known = model.scores(sheet.vectors[unseen])
        return Held(scores, known, sheet.classes[unseen], np.full(len(unseen), fold, dtype=np.intp), unseen)

    # One after the other: the solver draws from one generator for the whole process, so that threads would change the result.
    for number, job in enumerate(jobs, 1):
        yield fit(job)
        say(f"{words}: {number} of {len(jobs)}")


def crossed(rows: Floats, target: Flags, weight: Floats, fold: Rows) -> Floats:
    """Each row's probability by a gate that was learnt without the row's fold; where the rest is all alike, as the rest is."""
    found = np.empty(len(rows))
    for number in np.unique(fold):
        here = fold == number
        rest = target[~here]
        known = rest.any() and not rest.all()
        found[here] = (
            Calibrator.learn(rows[~here], rest, weight[~here]).probability(rows[here]) if known else float(rest.all())
        )
    return found


def doubtful(held: Held, outside: int) -> Flags:
    """Rows whose label looks wrong: a model that did not see them is far surer of another one (Northcutt et al. 2021)."""
    own = held.scores[np.arange(len(held.classes)), held.classes]
    others = held.scores[:, :-1].copy()
    inside = held.classes < outside
    others[np.flatnonzero(inside), held.classes[inside]] = -np.inf
    found: Flags = inside & (others.max(axis=1) - own > SUSPECT_LEAD)
    return found
