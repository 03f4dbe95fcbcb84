"""A watch that only waits: for calls that are no customer's, and say nothing about the trouble of cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from handrail.llm.server.calls import About
from handrail.llm.server.cooldown import Cooldown
from handrail.llm.server.health import Answered
from handrail.ports import ModelRecord


class PauseWatch:
    """Keeps the pauses that a model's server asks for, those of every worker, and counts nothing."""

    def __init__(self, record: ModelRecord, served: str) -> None:
        self._cooldown = Cooldown(record, served)

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered:
        """Send, unless the server asked to be left alone.

        Raises:
            ModelUnavailable: it did, nothing was sent; also see `send`.
        """
        async with self._cooldown.call():
            return await send()
