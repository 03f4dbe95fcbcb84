"""Ports to the people: where a case goes, who is there, who may decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from handrail.domain.actions.approvals import Decision, Identity, Source
from handrail.domain.case.routes import Route
from handrail.domain.money import Money
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.speaking import AgentSpeaker
from handrail.domain.team.staff import Expectation, Need, Roster


class Matrix(Protocol):
    """The escalation matrix in force now; the first matching row wins."""

    def route(
        self,
        *,
        reason: str,
        topic: str,
        risk: str,
        language: str,
        amounts: Collection[Money] = (),
        customer: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Route:
        """`amounts` are those at stake, `customer` what the business tells of them, `at` the time."""
        ...

    def fallback(self) -> Route:
        """The route of the last row, which takes what no other takes."""
        ...


class Staff(Protocol):
    """The people who take cases, and when they work."""

    async def roster(self, now: datetime) -> Roster:
        """Return everybody, with the windows from now on."""
        ...

    async def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        """Return the time after `minutes` of the working time of those who can take it."""
        ...

    def say(self, moment: datetime, now: datetime, language: str) -> str:
        """The moment as a customer reads it, on the clock of the house."""
        ...


class ReviewersInForce(Protocol):
    """The reviewers and what they may decide now; the file is read again when it changes and the last good version stays."""

    def now(self) -> Reviewers: ...


class Identities(Protocol):
    """The senders of updates and signals, as the case's own history tells."""

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """The identity of the event that brought the decision, and how sure it is.

        ('', self-declared) where the sender gave none, or where no event is beyond doubt the one that settled it.
        """
        ...


class Speakers(Protocol):
    """The callers who spoke in cases as agents."""

    async def speakers(self, case_id: str) -> list[AgentSpeaker]:
        """Return everybody who spoke in the case as an agent."""
        ...
