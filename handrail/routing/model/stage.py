"""A stage of a trained router: scores for each label, gates over them, and what tells risks from all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from handrail.domain.base import Model
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Calibrator, Flags, evidence
from handrail.routing.model.linear import Linear, Rows


class Thresholds(Model):
    """`answer`: confidence from which the label counts; `outside`: probability of being within scope below which a message is
    called out of scope; `risk`: probability from which it is a risk. 1.01 is never reached."""

    answer: float = Field(ge=0, le=1.01)
    outside: float = Field(ge=0, le=1.01)
    risk: float | None = Field(default=None, ge=0, le=1.01)


@dataclass(frozen=True)
class Scored:
    """Messages as a trained router sees them, one entry each: `best` as a place in its labels, `scores` a column per label.

    `confidence`: that the best label is right; `scope`: that the message is within scope; `risk`: that it is about one of the
    risk labels, all probabilities. `answered`: the label counts; `outside`: it is called out of scope; `risky`: it is or may
    be about a risk, as the thresholds have it.
    """

    scores: Floats
    best: Rows
    confidence: Floats
    scope: Floats
    risk: Floats
    answered: Flags
    outside: Flags
    risky: Flags

    @classmethod
    def stacked(cls, parts: Sequence[Scored]) -> Scored:
        """Put the messages of all parts one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def revised(self, rows: Rows, other: Scored) -> Scored:
        """Take the opinion of `other`, an entry for each of `rows`: on risk of all, on the rest where none was answered."""
        open_ = ~self.answered[rows]
        found = {}
        for name in (field.name for field in fields(self)):
            column = np.array(getattr(self, name))
            taken = np.ones(len(rows), dtype=bool) if name in ("risk", "risky") else open_
            column[rows[taken]] = getattr(other, name)[taken]
            found[name] = column
        return Scored(**found)


@dataclass(frozen=True)
class Stage:
    """The learnt parts of a stage; `risk` and `alarm` are None where no label is a risk."""

    linear: Linear
    right: Calibrator
    scope: Calibrator
    risk: Calibrator | None
    alarm: Linear | None

    def score(self, vectors: csr_matrix, limits: Thresholds, risky: Flags) -> Scored:
        """Score every row; `risky` says of each label whether it is a risk."""
        scores, known = self.linear.scores(vectors)
        ours, outside = scores[:, :-1], scores[:, -1]
        rows = evidence(ours, outside, known)
        best = ours.argmax(axis=1)
        risk, alarmed = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
        if self.risk is not None and self.alarm is not None:
            alarm = self.alarm.scores(vectors)[0][:, 1]
            risk = self.risk.probability(risk_evidence(ours, outside, alarm, risky))
            alarmed = risk >= (limits.risk if limits.risk is not None else np.inf)
        confidence, scope = self.right.probability(rows), self.scope.probability(rows)
        beyond = scope < limits.outside
        return Scored(
            scores=ours,
            best=best,
            confidence=confidence,
            scope=scope,
            risk=risk,
            answered=(confidence >= limits.answer) & ~beyond,
            outside=beyond,
            risky=risky[best] | alarmed,
        )


def risk_evidence(scores: Floats, outside: Floats, alarm: Floats, risky: Flags) -> Floats:
    """Return how much each message is like any risk label, as columns.

    Best and second risk score, best other score, their difference, the same where negative, outside, and the score of a model
    that tells risks from all else.
    """
    theirs, others = scores[:, risky], scores[:, ~risky]
    ranked = -np.sort(-theirs, axis=1)
    second = ranked[:, min(1, ranked.shape[1] - 1)]
    other = others.max(axis=1, initial=-1.0)
    lead = ranked[:, 0] - other
    return np.column_stack([ranked[:, 0], second, other, lead, np.minimum(lead, 0), outside, alarm])
