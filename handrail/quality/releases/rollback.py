"""The step `ramp` of a day: rolls a ramp back by itself once the candidate is proven worse than the control beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from handrail.domain.outcomes import Better, IndicatorDefinition, OutcomeDefinitions
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.evaluation.releases import RampTerms
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm
from handrail.domain.rollout.ramps import HANDRAIL, Arm, ArmsCompared, ArmValue, Ramp, RampStep, StepOfRamp
from handrail.ports.loop.rollout import RampOutcomes

if TYPE_CHECKING:
    from handrail.quality.statistics.betting import Sequential

MOST_WORDS = 2_000
_log = logging.getLogger(__name__)


class RampWatch:
    """Compares the arms of the ramp that is going, as the step `ramp` of a day. Doing a day twice is doing it once."""

    name = "ramp"

    def __init__(
        self, record: RampOutcomes, terms: Callable[[], RampTerms], outcomes: Callable[[], OutcomeDefinitions]
    ) -> None:
        self._record, self._terms, self._outcomes = record, terms, outcomes

    async def run(self, day: QualityDay) -> StepResult:
        """Compare up to and with the day; see `look`."""
        found = await self.look(day.day, day.until)
        figures = {f"{one.indicator}.wealth": one.worse for one in found}
        words = "; ".join(one.words for one in found) or "no ramp answers anybody"
        return StepResult(words=words[:MOST_WORDS], figures=figures)

    async def look(self, day: date, until: datetime) -> list[ArmsCompared]:
        """Compare the arms by what was settled before `until`; a hit ends the ramp, with an alarm.

        The chance of a rollback for nothing is split evenly over the indicators. Raises: DefinitionInvalid.
        """
        ramp = await self._record.latest()
        if ramp is None or not ramp.going or ramp.percent <= 0:
            return []
        terms, outcomes = self._terms(), self._outcomes()
        names = [name for name in terms.margins if name in outcomes.indicators]
        alpha = terms.false_rollbacks / max(len(names), 1)
        found = [
            arms_compared(
                name,
                outcomes.indicators[name],
                await self._record.values(ramp.ramp_id, name, outcomes.zone, until),
                terms.margins[name],
                alpha,
            )
            for name in names
        ]
        hit = next((one for one in found if one.worse_since is not None), None)
        if hit is not None:
            await self._roll_back(ramp, hit, found, day)
        return found

    async def _roll_back(self, ramp: Ramp, hit: ArmsCompared, found: Sequence[ArmsCompared], day: date) -> None:
        words = f"ramp {ramp.ramp_id} of release {ramp.release} was rolled back from {ramp.percent:g} %: {hit.words}"
        step = RampStep(
            ramp_id=ramp.ramp_id,
            kind=StepOfRamp.ROLLBACK,
            percent=0,
            actor=HANDRAIL,
            words=hit.words,
            evidence={one.indicator: one.model_dump(mode="json") for one in found},
        )
        alarm = DriftAlarm(
            kind=AlarmKind.RAMP,
            detector=Detector.E_PROCESS,
            day=day,
            first_day=hit.worse_since or day,
            indicator=f"{hit.indicator} of ramp {ramp.ramp_id}",
            evidence=AlarmEvidence(cases=hit.candidate_n, bad=hit.candidate * hit.candidate_n, words=words),
        )
        if await self._record.end(step, alarm) is not None:
            _log.warning("%s", words)


def arms_compared(
    name: str, definition: IndicatorDefinition, values: Sequence[ArmValue], margin: float, alpha: float
) -> ArmsCompared:
    """Return one indicator of both arms: what is good where it is high counts with its sign turned."""
    # NumPy is loaded where there is something to compare: no start of a worker waits for it.
    from handrail.quality.statistics.betting import PairedDay, compared

    turned = definition.better is Better.HIGH

    def bad(arm: Arm, day: date) -> list[float]:
        found = [one.value for one in values if one.day == day and one.arm is arm]
        return [1 - value for value in found] if turned else found

    days = sorted({one.day for one in values})
    by_day = [PairedDay(bad(Arm.CANDIDATE, day), bad(Arm.CONTROL, day)) for day in days]
    found = compared(by_day, margin, alpha)
    return ArmsCompared(
        indicator=name,
        margin=margin,
        candidate=found.rates[0],
        control=found.rates[1],
        candidate_n=found.sizes[0],
        control_n=found.sizes[1],
        worse=min(found.worse, 1e12),
        needed=1 / alpha,
        worse_since=None if found.crossed is None else days[found.crossed],
        not_worse_since=None if found.proven_on is None else days[found.proven_on],
        words=told(name, found, margin, alpha),
    )


def told(name: str, found: Sequential, margin: float, alpha: float) -> str:
    """Return the comparison in a sentence."""
    (candidate, control), (many, others) = found.rates, found.sizes
    said = f"{name}: {candidate:.1%} bad of {many} customers' days, {control:.1%} of {others} beside them"
    if found.crossed is not None:
        return f"{said}: proven worse by more than {margin:.1%} (wealth {found.worse:.3g}, {1 / alpha:.3g} needed)"
    if found.proven_on is not None:
        return f"{said}: proven not worse by {margin:.1%}"
    return f"{said}: nothing is proven yet (wealth {found.worse:.3g} of {1 / alpha:.3g})"
