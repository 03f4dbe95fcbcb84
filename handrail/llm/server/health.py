"""A watch over the model's calls: what holds the agent back is read before each, and what goes wrong is counted.

How each case's latest call went is kept in memory. A worker writes it down when one goes wrong, at most once a second, and
otherwise every ten seconds while there are calls; judged is what all workers together have seen.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from handrail.domain.errors import ModelFailed, ModelUnavailable
from handrail.domain.llm.agent import Usage
from handrail.domain.llm.health import CallOutcome, CallTally, ModelLimits, trouble
from handrail.domain.llm.names import Approved, Meaning, Meanings
from handrail.llm.server.calls import About, Calls, refuse_off
from handrail.llm.server.cooldown import Cooldown
from handrail.llm.server.naming import NameWatch, name_of
from handrail.ports import Controls, ModelRecord, ModelTroubles

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

BAD_SECONDS = 1.0
GOOD_SECONDS = 10.0
Answered: TypeAlias = "tuple[AIMessage, Usage]"
log = logging.getLogger("handrail.model")


@dataclass(frozen=True, slots=True)
class ServerCall:
    """The outcome of a case's latest call; `at` is on the monotonic clock."""

    at: float
    failed: bool
    slow: bool
    name: str | None


class CircuitBreaker:
    """One for each process and model. `served` names the model and its server; `clock` gives seconds that never go back;
    `calls` are where a switch finds those under way, and `cooldown` is the model's where others look at it, too."""

    def __init__(
        self,
        controls: Controls,
        troubles: ModelTroubles,
        record: ModelRecord,
        limits: ModelLimits,
        approved: Approved,
        meanings: Meanings | None = None,
        *,
        served: str = "",
        clock: Callable[[], float] = time.monotonic,
        calls: Calls | None = None,
        cooldown: Cooldown | None = None,
    ) -> None:
        self._controls = controls
        self._under_way = calls or Calls(controls)
        self._troubles = troubles
        self._record = record
        self._limits = limits
        self._served = served or approved.configured
        self._cooldown = cooldown or Cooldown(record, self._served, clock)
        self._names = NameWatch(record, self._served, approved, meanings or Meanings())
        self._clock = clock
        self._calls: dict[str, ServerCall] = {}
        self._written = float("-inf")

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered:
        """Send, unless a control or the model's server says no.

        An answer of another model counts only once that is a control, where its owner wants a person then.

        Raises:
            SwitchedOff: the agent is off for this topic or customer, or was switched off while the model was thinking.
            ModelUnavailable: the server asks to be left alone, or another call tries it; nothing was sent. Also see `send`.
            ModelRejected: see `send`.
        """
        (message, usage), seconds = await self._under_way.around(about, lambda: self._answer(about, send))
        new = not self._names.fine(message)
        failed_to_say = bool(message.invalid_tool_calls)
        await self._note(about, failed=failed_to_say, seconds=seconds, name=name_of(message), at_once=new)
        if new:
            await self._heed(message)
        return message, usage

    async def _answer(self, about: About, send: Callable[[], Awaitable[Answered]]) -> tuple[Answered, float]:
        """Return what comes back, and the seconds that it took."""
        refuse_off(await self._controls.over(about.topic, about.customer_id))
        async with self._cooldown.call():
            started = self._clock()
            try:
                return await send(), self._clock() - started
            except ModelFailed as failed:
                # Cases wait as they are asked to: a server that limits the rate is busy, and answers no worse for it.
                if not (isinstance(failed, ModelUnavailable) and failed.wait):
                    await self._note(about, failed=True, seconds=self._clock() - started)
                raise

    async def _heed(self, message: AIMessage) -> None:
        change = await self._names.hear(message)
        if change and change.meaning is Meaning.REVIEW:
            await self._step_down(change.words, urgent=True)

    async def _note(
        self, about: About, *, failed: bool, seconds: float, name: str | None = None, at_once: bool = False
    ) -> None:
        now = self._clock()
        slow = seconds > self._limits.slow.total_seconds()
        self._calls[about.case_id] = ServerCall(now, failed, slow, name or None)
        if not at_once and now - self._written < (BAD_SECONDS if failed or slow else GOOD_SECONDS):
            return
        self._written = now
        everywhere = await self._share(now)
        if (failed or slow) and (why := trouble(everywhere, self._limits)):
            await self._step_down(why)

    async def _share(self, now: float) -> CallTally:
        calls = dict(self._calls)
        heard = [
            CallOutcome(case_id=case_id, age=now - one.at, failed=one.failed, slow=one.slow, name=one.name)
            for case_id, one in calls.items()
        ]
        everywhere = await self._record.note(self._served, heard, self._limits.window)
        for case_id, one in calls.items():
            if self._calls.get(case_id) is one:
                del self._calls[case_id]
        return everywhere

    async def _step_down(self, why: str, *, urgent: bool = False) -> None:
        """A step counts for a whole window: until then the numbers are still those that led to it."""
        limits = self._limits
        set_now = await self._troubles.step_down(
            f"model trouble: {why}", pause=limits.window, lasting=limits.lasting, urgent=urgent
        )
        if set_now is not None:
            log.warning("%s", set_now.words)
