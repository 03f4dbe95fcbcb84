"""Messages that are a risk, whatever else they are about: learnt so that nearly none is missed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handrail.routing.learning.held_out import Held, TrainingSet, crossed
from handrail.routing.learning.thresholds import weights
from handrail.routing.model.artefact import risk_evidence
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Calibrator, Flags
from handrail.routing.model.linear import Linear, Rows

RISK_RECALL = 0.993
RISK_WEIGHT = 3.0
"""A risk that is missed is worse than a false alarm."""
RISKY = re.compile(
    r"stolen|theft|fraud|scam|phish|compromis|hack|unauthori[sz]ed|unrecogni[sz]ed|not_recogni[sz]ed|lost_.*(card|phone)|(card|phone)_lost"
    r"|dispute|chargeback|self_harm|suicid|threat|legal|launder",
    re.IGNORECASE,
)
"""Labels that are a risk where a business does not say which ones are."""


def risky(labels: Sequence[str]) -> list[str]:
    """The labels whose names speak of a risk."""
    return [label for label in labels if RISKY.search(label.replace("-", "_").replace(" ", "_"))]


@dataclass(frozen=True)
class Risks:
    """The gate for risk, the threshold that finds nearly all, recall and false alarms there; None without risk labels."""

    gate: Calibrator | None
    cut: float | None
    recall: float | None
    alarms: float | None


def learn_risk(held: Held, alarm: Floats, theirs: Flags) -> Risks:
    """`theirs`: which classes are a risk; `alarm`: held-out scores of risk against all else.

    No label left out has a say: a risk label that a model never saw is still a risk. Risks whose label looks wrong do have
    one: without them the threshold would miss one risk in a hundred more.
    """
    rows = risk_evidence(held.scores[:, :-1], held.scores[:, -1], alarm, theirs[:-1])
    target = theirs[held.classes]
    even = weights(target, 0.5)
    found = crossed(rows, target, even, held.fold)
    cut = float(np.quantile(found[target], 1 - RISK_RECALL, method="lower"))
    recall, alarms = float((found[target] >= cut).mean()), float((found[~target] >= cut).mean())
    return Risks(Calibrator.learn(rows, target, even), cut, recall, alarms)


def alarms(sheet: TrainingSet, held: Held, theirs: Flags) -> Floats:
    """Score each held-out message's risk, by a model that knows only risk and no risk and never saw the message."""
    found = np.empty(len(held.classes))
    for number in np.unique(held.fold):
        here = held.fold == number
        model = alarm_model(sheet, held.rows[~here], theirs)
        found[here] = model.scores(sheet.vectors[held.rows[here]])[0][:, 1]
    return found


def alarm_model(sheet: TrainingSet, rows: Rows, theirs: Flags) -> Linear:
    target = theirs[sheet.classes[rows]]
    return Linear.learn(sheet.vectors[rows], target.astype(np.intp), np.where(target, RISK_WEIGHT, 1.0), 2)
