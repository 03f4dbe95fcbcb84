"""The port to agents' parts in cases: who speaks for which, so that they find it again, and decide nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from handrail.domain.http.agents import AgentTask


class AgentTasks(Protocol):
    """The parts of agents in cases."""

    async def note(self, task: AgentTask) -> AgentTask:
        """Note that the caller speaks for the case; return their part as it stands, of which the conversation stays."""
        ...

    async def find(self, case_id: str, caller: str) -> AgentTask | None:
        """Return the caller's part in the case, None where they have none."""
        ...

    async def of_caller(
        self, caller: str, context_id: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[AgentTask]:
        """Return the caller's parts, the last noted first; those of one conversation where it is named."""
        ...

    async def count(self, caller: str, context_id: str | None) -> int:
        """Return how many parts the caller has, in one conversation where it is named."""
        ...
