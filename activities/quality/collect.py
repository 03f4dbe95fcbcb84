"""The step `collect` of the business's day: what people corrected becomes tests, and what is outdated retires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from handrail.domain.counting import many
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.ports import Clock
from handrail.ports.loop.corrections import CorrectionStore

if TYPE_CHECKING:
    from handrail.quality.corrections.standing import InForce


class CollectStep:
    """Collects everything that is new, whichever day it is of; `stands` reads the rules and topics that are in force."""

    name = "collect"

    def __init__(self, store: CorrectionStore, stands: Callable[[], InForce], clock: Clock) -> None:
        self._store, self._stands, self._clock = store, stands, clock

    async def run(self, day: QualityDay) -> StepResult:
        """Collect once more; what was taken before stays taken."""
        # In a thread and once a day: no start of a worker waits for it, and no case does.
        await asyncio.to_thread(import_module, "handrail.quality.corrections.collecting")
        from handrail.quality.corrections.collecting import LOOKS_BACK, CorrectionCollector

        now = self._clock.now()
        found = await CorrectionCollector(self._store).collect(self._stands(), now)
        await self._store.forget(now - LOOKS_BACK)
        words = f"{many(found.collected, 'correction')} collected, {found.merged} merged with nearly the same."
        words += "".join(f" {retired.correction_id} retired: {retired.because}" for retired in found.retired[:5])
        figures = {"collected": found.collected, "merged": found.merged, "retired": len(found.retired)}
        return StepResult(words=words, figures={**figures})
