"""Messages that are a risk, whatever else they are about: learnt so that nearly none is missed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handrail.routing.learning.held_out import Held, TrainingSet, crossed
from handrail.routing.learning.thresholds import weights
from handrail.routing.model.artefact import RiskTrade
from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Calibrator, Flags
from handrail.routing.model.linear import Linear, Rows
from handrail.routing.model.stage import risk_evidence

RISK_RECALL = 0.993
TRADED = (0.97, 0.98, 0.99, 0.993, 0.997, 1.0)
"""Shares of risks found for which training says what they cost in false alarms."""
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
class RiskAim:
    """The owner's choice: the share of risks to find, or, where it is given, the share of false alarms to bear; 0 to 1.

    `spare`: false alarms that cost so little that more risks than that are found for them.
    """

    recall: float = RISK_RECALL
    false_alarms: float | None = None
    spare: float = 0.0

    def early(self, share: float) -> RiskAim:
        """The aim of a stage after which another one looks: it may miss so large a share of what may be missed."""
        missed = 1 - (self.recall if self.false_alarms is None else RISK_RECALL)
        return RiskAim(1 - missed * share)

    def cut(self, found: Floats, target: Flags) -> float:
        """The probability from which a message is taken for a risk."""
        if self.false_alarms is not None:
            return _bearing(found[~target], self.false_alarms)
        cut = max(0.0, float(np.quantile(found[target], 1 - self.recall, method="lower")))
        return min(cut, _bearing(found[~target], self.spare)) if self.spare else cut


def _bearing(calm: Floats, share: float) -> float:
    """The lowest bound that at most such a share of the messages that are no risk reaches."""
    ordered = np.sort(calm)[::-1]
    borne = ordered[min(int(share * len(ordered)), len(ordered) - 1)]
    return min(1.0, max(0.0, float(np.nextafter(borne, np.inf))))


@dataclass(frozen=True)
class Risks:
    """The gate for risk, the aim's threshold, recall and false alarms there; None without risk labels.

    `flagged`: which held-out messages reach the threshold; `trade`: what other aims would cost; `risks`, `others`: how many
    held-out messages are a risk, and how many are not.
    """

    gate: Calibrator | None = None
    cut: float | None = None
    recall: float | None = None
    alarms: float | None = None
    flagged: Flags | None = None
    trade: tuple[RiskTrade, ...] = ()
    risks: int = 0
    others: int = 0

    def doubts(self, aim: RiskAim) -> list[str]:
        """Say so where the aim rests on less than one message, so that its figure is a guess."""
        if self.gate is None:
            return []
        kind, there, share = ("risks", self.risks, 1 - aim.recall)
        if aim.false_alarms is not None:
            kind, there, share = ("messages that are no risk", self.others, aim.false_alarms)
        if share * there >= 1:
            return []
        wanted = f"give at least {math.ceil(1 / share)}" if share > 0 else "no number of them is enough for it"
        return [f"{there} {kind} are too few for an aim that allows {share:.1%} of them: the figure is a guess; {wanted}"]


def learn_risk(held: Held, alarm: Floats, theirs: Flags, aim: RiskAim, passed: Flags | None = None) -> Risks:
    """`theirs`: which classes are a risk; `alarm`: held-out scores of risk against all else; `passed`: which messages come to
    this stage at all, all of them by default: of the others none is called a risk.

    No label left out has a say: a risk label that a model never saw is still a risk. Risks whose label looks wrong do have
    one: without them the threshold would miss one risk in a hundred more.
    """
    rows = risk_evidence(held.scores[:, :-1], held.scores[:, -1], alarm, theirs[:-1])
    target = theirs[held.classes]
    even = weights(target, 0.5)
    found = crossed(rows, target, even, held.fold)
    found = found if passed is None else np.where(passed, found, -1.0)
    cut = aim.cut(found, target)
    flagged = found >= cut
    trade = []
    for recall in TRADED:
        reached = found >= RiskAim(recall).cut(found, target)
        trade.append(RiskTrade(recall=float(reached[target].mean()), false_alarms=float(reached[~target].mean())))
    return Risks(
        Calibrator.learn(rows, target, even),
        cut,
        float(flagged[target].mean()),
        float(flagged[~target].mean()),
        flagged,
        tuple({one.recall: one for one in trade}.values()),
        int(target.sum()),
        int((~target).sum()),
    )


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
