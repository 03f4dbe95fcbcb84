"""A watch over the model's calls: the controls are read before each, and what goes wrong steps down the ladder by itself.

How the calls went is kept in memory. A worker writes it down when one goes wrong, at most once a second, and otherwise every
ten seconds while there are calls; judged is what all workers together have seen.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from langchain_core.messages import AIMessage

from handrail.domain.agent import Usage
from handrail.domain.controls import Standing
from handrail.domain.errors import ModelFailed, SwitchedOff
from handrail.domain.topics import Autonomy
from handrail.domain.trouble import Approved, Limits, Tally, trouble
from handrail.ports import Controls, Troubles

BAD_SECONDS = 1.0
GOOD_SECONDS = 10.0
Answered = tuple[AIMessage, Usage]
log = logging.getLogger("handrail.model")


@dataclass(frozen=True, slots=True)
class Call:
    """How one call went; `at` is on the monotonic clock."""

    at: float
    failed: bool
    slow: bool


class Watch:
    """One for each process. `clock` gives seconds that never go back."""

    def __init__(
        self,
        controls: Controls,
        troubles: Troubles,
        limits: Limits,
        approved: Approved,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._controls = controls
        self._troubles = troubles
        self._limits = limits
        self._approved = approved
        self._clock = clock
        self._calls: deque[Call] = deque()
        self._written = clock()
        self._worker = f"{socket.gethostname()}:{os.getpid()}"

    async def around(self, topic: str, customer_id: str, send: Callable[[], Awaitable[Answered]]) -> Answered:
        """Send, unless a control says no. An answer of a model that is not approved counts only once that is a control.

        Raises:
            SwitchedOff: the agent is off for this topic or customer, nothing was sent.
            ModelFailed: see `send`.
        """
        refuse_off(await self._controls.over(topic, customer_id))
        started = self._clock()
        try:
            message, usage = await send()
        except ModelFailed:
            await self._note(failed=True, seconds=self._clock() - started)
            raise
        await self._note(failed=bool(message.invalid_tool_calls), seconds=self._clock() - started)
        if objection := self._objection(message):
            await self._step_down(objection, urgent=True)
        return message, usage

    def _objection(self, message: AIMessage) -> str | None:
        """What is wrong with who answered. A body too garbled to be read has no name in it, and counts as a failure."""
        metadata = message.response_metadata
        if not metadata and message.invalid_tool_calls:
            return None
        fingerprint = metadata.get("system_fingerprint")
        return self._approved.objection(str(metadata.get("model_name") or ""), str(fingerprint) if fingerprint else None)

    async def _note(self, *, failed: bool, seconds: float) -> None:
        now = self._clock()
        slow = seconds > self._limits.slow.total_seconds()
        self._calls.append(Call(now, failed, slow))
        while self._calls[0].at < now - self._limits.window.total_seconds():
            self._calls.popleft()
        if now - self._written < (BAD_SECONDS if failed or slow else GOOD_SECONDS):
            return
        self._written = now
        everywhere = await self._troubles.share(self._worker, self._tally(), self._limits.window)
        if (failed or slow) and (why := trouble(everywhere, self._limits)):
            await self._step_down(why)

    def _tally(self) -> Tally:
        failed, slow = sum(one.failed for one in self._calls), sum(one.slow for one in self._calls)
        return Tally(calls=len(self._calls), failed=failed, slow=slow)

    async def _step_down(self, why: str, *, urgent: bool = False) -> None:
        """A step counts for a whole window: until then the numbers are still those that led to it."""
        limits = self._limits
        set_now = await self._troubles.step_down(
            f"model trouble: {why}", pause=limits.window, lasting=limits.lasting, urgent=urgent
        )
        if set_now is not None:
            log.warning("%s", set_now.words)


def refuse_off(standing: Standing) -> None:
    """Raises: SwitchedOff: the agent is off, or nobody can tell."""
    found = standing.dialled()
    if found.autonomy is Autonomy.OFF:
        raise SwitchedOff(found.autonomy, found.why)
