"""Ports to what bounds the agent: topics, levers, controls, policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.autonomy.review_gates import GateProgress
from handrail.domain.autonomy.topics import Dialled, LeverSettings, Topic, TopicAutonomy
from handrail.domain.case.cases import CaseRow


class Topics(Protocol):
    """The topics in force now; files are read again when they change and the last good version stays."""

    def get(self, name: str) -> Topic | None: ...

    def all(self) -> list[Topic]: ...


class ReviewGates(Protocol):
    """The progress of the human-review gates, as PostgreSQL counts it."""

    async def progress(self, topic: str, version: str, *, begin: bool) -> GateProgress | None:
        """Count people's decisions since the gate of this version began; the first call with `begin` begins it.

        None where it has not begun.
        """
        ...


class Lever(Protocol):
    """A source that can lower a topic's autonomy, besides the topic's own file: a review gate, a live control."""

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """Return the lever's settings, in one look: of the topic, of this case where there is one, and of each tool.

        An error stops the turn.
        """
        ...


class Dial(Protocol):
    """The agent's freedom now. Asked before every model call and every ruling, never remembered."""

    async def autonomy(self, topic: Topic, row: CaseRow | None = None) -> Dialled:
        """The strictest of the topic's file and every lever, with the words of each."""
        ...

    async def over(self, topic: Topic, row: CaseRow | None, tools: Sequence[str]) -> TopicAutonomy:
        """The same, of one moment, for the topic and for each of the tools."""
        ...


class Policies(Protocol):
    """The policies in force now."""

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        """The strictest ruling of every policy's rules over `facts`, which the verdict records; fails closed.

        Facts have their whole names, see `handrail.domain.policy.facts`.
        """
        ...

    def names_action(self, action: str) -> bool:
        """Return whether a policy names the action: a reply is ruled on only then."""
        ...

    def names(self) -> list[str]:
        """Ids of policies, ids and names of rules, facts: internal words that no reply may hold."""
        ...


class Controls(Protocol):
    """The live switches. Read anew before every model call, effect and outgoing reply."""

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        """The controls in force now that concern a case of this topic and customer; all is off where they cannot be read."""
        ...
