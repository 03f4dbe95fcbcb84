"""A pause that a model's server asks for: kept by every worker, for all cases of the model."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from handrail.domain.errors import ModelUnavailable
from handrail.ports import ModelRecord

LOOK_SECONDS = 1.0
"""So often at most a process asks whether another one was told to wait."""
LONGEST = 3_600.0
"""No pause is longer, whatever is asked for: the model is tried again now and then."""
PROBE_SECONDS = 5.0
"""So long the others wait for the call that tries whether a pause is over; then another one tries."""


class Cooldown:
    """The cooldown of one model on one server. `clock` gives seconds that never go back."""

    def __init__(self, record: ModelRecord, served: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._served = served
        self._clock = clock
        self._until = float("-inf")
        self._looked = float("-inf")
        self._unproven = False
        """A pause has ended, and no call has shown yet that the server takes them again."""
        self._tried = float("-inf")

    async def left(self) -> float:
        """Return the seconds for which a call would be refused now, 0 where one may be made; nothing is sent to find out."""
        paused = await self._paused()
        return paused or (LOOK_SECONDS if self._unproven and self._tries() else 0.0)

    async def check(self) -> None:
        """Raises: ModelUnavailable: it is to be left alone for now."""
        if left := await self._paused():
            words = f"Model {self._served}: its server asks to be left alone for {left:.0f} s more; nothing was sent."
            raise ModelUnavailable(words, left, sent=False)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Let a call through. The first behind a pause goes alone, as all that waited would come at once.

        Raises:
            ModelUnavailable: the model is to be left alone for now, or is being tried; also see what is done within.
        """
        await self.check()
        tries = self._unproven
        if tries:
            self._go_alone()
        try:
            yield
            self._unproven = False
        except Exception as failed:
            self._unproven = False
            if isinstance(failed, ModelUnavailable) and failed.wait:
                await self.begin(failed.wait)
            raise
        finally:
            if tries:
                self._tried = float("-inf")

    async def _paused(self) -> float:
        """Return the seconds that are left of a pause, 0 where none is."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._until = now + await self._record.paused(self._served)
        left = self._until - self._clock()
        self._unproven = self._unproven or left > 0
        return max(left, 0.0)

    def _tries(self) -> bool:
        """Return whether a call is under way that tries whether the pause is over."""
        return self._clock() - self._tried < PROBE_SECONDS

    def _go_alone(self) -> None:
        if self._tries():
            words = f"Model {self._served}: a call tries whether its server takes them again; nothing was sent."
            raise ModelUnavailable(words, LOOK_SECONDS, sent=False)
        self._tried = self._clock()

    async def begin(self, seconds: float) -> None:
        """Leave it alone for so long, everywhere."""
        seconds = min(seconds, LONGEST)
        self._unproven = True
        self._until = max(self._until, self._clock() + seconds)
        await self._record.pause(self._served, seconds)
