"""Model calls under way in this process, so that a switch need not wait until they have answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import SwitchedOff
from handrail.ports import Controls

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class About:
    """The case that a call is for."""

    case_id: str
    topic: str = ""
    customer_id: str = ""


@dataclass(slots=True, eq=False)
class UnderWay:
    """A call, and why it was cut where it was."""

    about: About
    limit: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))
    refused: SwitchedOff | None = None


class Calls:
    """The calls of all models in one process."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._under_way: set[UnderWay] = set()

    async def around(self, about: About, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask, and stop waiting once the agent is switched off.

        Raises:
            SwitchedOff: it was; also see `ask`.
        """
        call = UnderWay(about)
        self._under_way.add(call)
        try:
            async with call.limit:
                return await ask()
        except TimeoutError:
            if call.refused is None:
                raise
            raise call.refused from None
        finally:
            self._under_way.discard(call)

    async def look(self) -> None:
        """Read the controls anew and cut the calls that they no longer allow."""
        await asyncio.gather(*(self._look(call) for call in list(self._under_way)))

    async def _look(self, call: UnderWay) -> None:
        try:
            refuse_off(await self._controls.over(call.about.topic, call.about.customer_id))
        except SwitchedOff as refused:
            if call in self._under_way and call.refused is None:
                call.refused = refused
                call.limit.reschedule(asyncio.get_running_loop().time())


def refuse_off(standing: ControlsInForce) -> None:
    """Raises: SwitchedOff: the agent is off, or nobody can tell."""
    found = standing.dialled()
    if found.autonomy is Autonomy.OFF:
        raise SwitchedOff(found.autonomy, found.why)
