"""The course of a turn that is played through a graph and is not real: what was ruled on, where it went, what it said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphs.case import CaseGraph
from graphs.engine.unserialised import in_memory
from graphs.state import CaseState
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.messages import Author, Message

STEPS = 200


@dataclass(slots=True)
class TurnCourse:
    """The course of one run: everything that was ruled on, the way to people, the reply, and what it took."""

    ruled: list[RuledProposal] = field(default_factory=list)
    escalation: str = ""
    reply: str | None = None
    failed: str = ""
    topic: str = ""
    models: set[str] = field(default_factory=set)
    cost_usd: float = 0.0
    seconds: float = 0.0
    unrecorded: int = 0

    def of(self, action: str) -> list[RuledProposal]:
        """The proposals of the action."""
        return [ruled for ruled in self.ruled if ruled.proposal.action == action]

    @property
    def refused(self) -> bool:
        """True if the guardrail refused something."""
        return any(ruled.verdict.ruling is Ruling.BLOCK for ruled in self.ruled)


async def follow(graph: CaseGraph, state: CaseState, played: TurnCourse, enough: Callable[[], bool]) -> None:
    """Play the turn from this state, and note its course, until it ends, asks people, or is `enough`."""
    app = in_memory(graph)
    config: Any = {"configurable": {"thread_id": state.row.case_id}, "recursion_limit": STEPS}
    events = app.astream(state, config, stream_mode="updates")
    try:
        async for event in events:
            for update in event.values():
                note(played, update)
            if enough():
                break
    finally:
        await events.aclose()


def newest(said: list[Message]) -> list[Message]:
    """The customer's messages behind everything that was answered."""
    found: list[Message] = []
    for spoken in reversed(said):
        if spoken.author is not Author.CUSTOMER:
            break
        found.append(spoken)
    return found[::-1]


def note(played: TurnCourse, update: Any) -> None:
    """Put down what a node changed; what a graph asks of people is none."""
    if not isinstance(update, dict):
        return
    known = {(ruled.verdict.proposal_id, ruled.verdict.arguments_hash, ruled.verdict.ruling) for ruled in played.ruled}
    for ruled in update.get("ruled") or []:
        verdict = ruled.verdict
        if (verdict.proposal_id, verdict.arguments_hash, verdict.ruling) not in known:
            played.ruled.append(ruled)
    if update.get("escalation"):
        played.escalation = update["escalation"].reason
    if update.get("answered_by"):
        played.models.add(update["answered_by"])
    if update.get("usage"):
        played.cost_usd = update["usage"].cost_usd
    if update.get("classification"):
        played.topic = update["classification"].topic
    outcome = update.get("outcome")
    if outcome is not None and not outcome.handoff:
        played.reply = outcome.row.reply
