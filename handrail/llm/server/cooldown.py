"""A pause that a model's server asks for: kept by every worker, for all cases of the model."""

from __future__ import annotations

import time
from collections.abc import Callable

from handrail.domain.errors import ModelUnavailable
from handrail.ports import ModelRecord

LOOK_SECONDS = 1.0
"""So often at most a process asks whether another one was told to wait."""
LONGEST = 3_600.0
"""No pause is longer, whatever is asked for: the model is tried again now and then."""


class Cooldown:
    """The cooldown of one model on one server. `clock` gives seconds that never go back."""

    def __init__(self, record: ModelRecord, served: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._served = served
        self._clock = clock
        self._until = float("-inf")
        self._looked = float("-inf")

    async def check(self) -> None:
        """Raises: ModelUnavailable: it is to be left alone for now."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._until = now + await self._record.paused(self._served)
        left = self._until - self._clock()
        if left > 0:
            words = f"Model {self._served}: its server asks to be left alone for {left:.0f} s more; nothing was sent."
            raise ModelUnavailable(words, left, sent=False)

    async def begin(self, seconds: float) -> None:
        """Leave it alone for so long, everywhere."""
        seconds = min(seconds, LONGEST)
        self._until = max(self._until, self._clock() + seconds)
        await self._record.pause(self._served, seconds)
