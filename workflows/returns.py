"""What keeps a case from going to and fro between the agent and people: it comes back once, and to the same person."""

from __future__ import annotations

from handrail.domain.cases import CaseStatus
from handrail.domain.errors import IllegalTransition
from handrail.domain.routes import NO_ANSWER
from workflows.memory import CaseMemory


def begin(memory: CaseMemory) -> None:
    """The customer has written something new: what was before does not count."""
    memory.reasons, memory.returned, memory.stuck = [], {}, False


def hand_back(memory: CaseMemory, name: str) -> None:
    """`name` gives the case to the agent, whatever it had come for."""
    memory.returned = {**memory.returned, **dict.fromkeys(memory.reasons, name)}
    memory.reasons = []


def arrive(memory: CaseMemory) -> None:
    """People have the case; where it came for a reason for which it was handed back, it stays with them."""
    row = memory.row
    if row.status is CaseStatus.WITH_HUMAN and row.reason and row.reason != NO_ANSWER:
        memory.stuck = memory.stuck or row.reason in memory.returned
        memory.reasons = list(dict.fromkeys([*memory.reasons, row.reason]))


def refuse_another(memory: CaseMemory) -> None:
    """Raises: IllegalTransition: the agent has stopped twice for the same reason."""
    if memory.stuck:
        again = ", ".join(reason for reason in memory.reasons if reason in memory.returned)
        raise IllegalTransition(
            f"hand_back: after the last one the agent stopped for the same reason again ({again}), and would once more. "
            "Answer the customer with `reply`, or end the case with `resolve`."
        )
