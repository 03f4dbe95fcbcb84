"""A front: what a conversation asks of the way by which it reaches its case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.case.cases import CaseView
from handrail.domain.case.requests import Receipt
from handrail.temporal.cases.client import CaseClient


class Front(Protocol):
    """A way to cases. `once` is the same for each try of one thing, and another for every other thing.

    Each method raises `Refused` where the same would be refused again, and any other `HandrailError` where nobody knows.
    """

    def recorded(self, message_id: str, text: str) -> str:
        """Return the id under which a customer's message is recorded."""
        ...

    async def open_case(self, case_id: str, customer_id: str, text: str, *, message_id: str) -> Receipt:
        """Open a case with the customer's first message."""
        ...

    async def say(self, case_id: str, text: str, *, message_id: str) -> Receipt:
        """Pass on another message of the customer's."""
        ...

    async def decide(self, case_id: str, decision: DecisionInput, *, once: str) -> object:
        """Decide an approval."""
        ...

    async def claim(self, case_id: str, reviewer: str, *, once: str) -> Receipt:
        """Take a case over."""
        ...

    async def reply(self, case_id: str, reviewer: str, text: str, *, message_id: str) -> Receipt:
        """Answer the customer as a person."""
        ...

    async def hand_back(self, case_id: str, reviewer: str, note: str, topic: str | None, *, once: str) -> Receipt:
        """Give the case back to the agent."""
        ...

    async def resolve(self, case_id: str, reviewer: str, note: str, *, once: str) -> Receipt:
        """End the case as a person."""
        ...

    async def wait(self, case_id: str, *, until: Callable[[CaseView], bool], timeout: float) -> CaseView:
        """Return the case as soon as it fits. Raises: TimedOut, Unreachable."""
        ...


CHANNEL = "chaos"


class ClientFront:
    """The client of cases: ids of messages and the case itself make what comes twice count once."""

    def __init__(self, cases: CaseClient) -> None:
        self._cases = cases

    async def wait(self, case_id: str, *, until: Callable[[CaseView], bool], timeout: float) -> CaseView:
        """See `Front`."""
        return await self._cases.wait(case_id, until=until, timeout=timeout)

    def recorded(self, message_id: str, text: str) -> str:
        """See `Front`."""
        return message_id

    async def open_case(self, case_id: str, customer_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._cases.open_case(case_id, customer_id, text, message_id=message_id, channel=CHANNEL)

    async def say(self, case_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._cases.say(case_id, text, message_id=message_id)

    async def decide(self, case_id: str, decision: DecisionInput, *, once: str) -> object:
        """See `Front`."""
        return await self._cases.decide(case_id, decision)

    async def claim(self, case_id: str, reviewer: str, *, once: str) -> Receipt:
        """See `Front`."""
        return await self._cases.claim(case_id, reviewer)

    async def reply(self, case_id: str, reviewer: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._cases.reply(case_id, reviewer, text, message_id=message_id)

    async def hand_back(self, case_id: str, reviewer: str, note: str, topic: str | None, *, once: str) -> Receipt:
        """See `Front`."""
        return await self._cases.hand_back(case_id, reviewer, note, topic=topic)

    async def resolve(self, case_id: str, reviewer: str, note: str, *, once: str) -> Receipt:
        """See `Front`."""
        return await self._cases.resolve(case_id, reviewer, note=note)
