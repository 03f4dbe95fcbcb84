"""The step `sample` of the business's day: draws the cases that are looked at."""

from __future__ import annotations

from collections.abc import Callable

from handrail.domain.counting import many
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.drawing import draw
from handrail.domain.quality.samples import QualitySettings
from handrail.ports.loop.quality import QualitySamples


class SampleStep:
    """Draws the day's sample once; `settings` gives `quality.yaml` as it is in force."""

    name = "sample"

    def __init__(self, samples: QualitySamples, settings: Callable[[], QualitySettings]) -> None:
        self._samples, self._settings = samples, settings

    async def run(self, day: QualityDay) -> StepResult:
        """Draw and record the sample. Drawn again it is the same, and what stands stays."""
        settings = self._settings()
        ended = await self._samples.ended(day, settings.low_confidence)
        await self._samples.keep(day.day, draw(day.day, ended, settings))
        drawn = await self._samples.drawn(day.day)
        people, strata = sum(case.for_people for case in drawn), len({case.stratum for case in drawn})
        figures = {"cases": len(ended), "drawn": len(drawn), "for_people": people, "strata": strata}
        if not ended:
            return StepResult(words="No case ended on this day.", figures={**figures})
        return StepResult(
            words=f"{len(drawn)} of {many(len(ended), 'case')} drawn from {many(strata, 'stratum', 'strata')}, "
            f"{people} of them for people.",
            figures={**figures},
        )
