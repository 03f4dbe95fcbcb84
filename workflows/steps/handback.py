"""Handing a case back to the agent: it returns to people at most once, and to the same person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handrail.domain.case.cases import CaseStatus, Tier
from handrail.domain.case.routes import NO_ANSWER
from handrail.domain.errors import IllegalTransition
from workflows.memory.case import CaseMemory

AGENTS: Mapping[str, Any] = {
    "tier": Tier.AGENT,
    "queue": None,
    "priority": None,
    "reason": None,
    "assignee": None,
    "due_at": None,
}
"""What a case has of people while it is the agent's: nothing."""


def begin(memory: CaseMemory) -> None:
    """The customer has written something new: what was before does not count."""
    memory.reasons, memory.returned, memory.stuck = [], {}, False


def reopen(memory: CaseMemory, now: datetime) -> None:
    """The customer goes on with a case that people had ended: it is the agent's again, and who had it is kept."""
    had, memory.lost, memory.reroutes = memory.row, [], 0
    memory.become(CaseStatus.WORKING, now, **AGENTS)
    if had.tier is Tier.AGENT and not had.assignee:
        return
    _remember(memory, had.assignee or "")
    memory.audit("customer", "reopen", now, tier=int(had.tier), queue=had.queue, assignee=had.assignee)


def hand_back(memory: CaseMemory, name: str, topic: str | None) -> None:
    """`name` gives the case to the agent, whatever it had come for; a `topic` rules what it is about."""
    if topic and topic != memory.row.topic:
        begin(memory)
        memory.row = memory.row.model_copy(update={"topic": topic})
    memory.returned = {**memory.returned, **dict.fromkeys(memory.reasons, name)}
    memory.reasons = []
    _remember(memory, name)


def _remember(memory: CaseMemory, holder: str) -> None:
    """Put down in the packet who had the case, for those who get it next."""
    if memory.handoff:
        memory.handoff = memory.handoff.model_copy(update={"holder": holder})


def arrive(memory: CaseMemory) -> None:
    """People have the case; where it came for a reason for which it was handed back, it stays with them."""
    row = memory.row
    if row.status is CaseStatus.WITH_HUMAN:  # with every wish of it
        memory.besides = []
    if row.status is CaseStatus.WITH_HUMAN and row.reason and row.reason != NO_ANSWER:
        memory.stuck = memory.stuck or row.reason in memory.returned
        memory.reasons = list(dict.fromkeys([*memory.reasons, row.reason]))


def refuse_another(memory: CaseMemory, topic: str | None) -> None:
    """Raises: IllegalTransition: the agent has stopped twice for the same reason, and is to do the same again."""
    if memory.stuck and topic in (None, memory.row.topic):
        again = ", ".join(reason for reason in memory.reasons if reason in memory.returned)
        raise IllegalTransition(
            f"hand_back: after the last one the agent stopped for the same reason again ({again}), and would once more. "
            "Answer the customer with `reply`, or end the case with `resolve`."
        )
