"""Agents' parts in cases, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from handrail.domain.http.agents import AgentTask
from handrail.postgres.pool import Pool, alone


class PostgresAgentTasks:
    """The port `AgentTasks`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, task: AgentTask) -> AgentTask:
        """Note that the caller speaks for the case; return their part as it stands, of which the conversation stays."""
        (found,) = await alone(self._pool, "note_agent_case", **task.model_dump())
        return AgentTask.model_validate(found)

    async def find(self, case_id: str, caller: str) -> AgentTask | None:
        """Return the caller's part in the case, None where they have none."""
        found = await alone(self._pool, "agent_case", case_id=case_id, caller=caller)
        return AgentTask.model_validate(found[0]) if found else None

    async def of_caller(
        self, caller: str, context_id: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[AgentTask]:
        """Return the caller's parts, the last noted first; those of one conversation where it is named."""
        at, case_id = before or (None, None)
        # Never prepared: an optional filter must be planned with its value.
        found = await alone(
            self._pool,
            "agent_cases_of",
            prepare=False,
            caller=caller,
            context_id=context_id,
            at=at,
            case_id=case_id,
            limit=limit,
        )
        return [AgentTask.model_validate(row) for row in found]

    async def count(self, caller: str, context_id: str | None) -> int:
        """Return how many parts the caller has, in one conversation where it is named."""
        (found,) = await alone(self._pool, "count_agent_cases", caller=caller, context_id=context_id)
        return int(found["parts"])
