"""Ports of the HTTP API: its keys, the answers that it keeps, decisions that it vouches for, pages of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from handrail.domain.access.answers import ClaimedAnswer, GivenAnswer, PromisedAnswer
    from handrail.domain.access.keys import ApiKey
    from handrail.domain.access.principals import TokenHolder
    from handrail.domain.autonomy.controls import Control, ControlRequest, Scope
    from handrail.domain.case.cases import CaseView
    from handrail.domain.case.messages import Message
    from handrail.domain.case.ratings import LinkedCase
    from handrail.domain.http.paging import CasePage, CasesWanted
    from handrail.domain.http.people import QueuePage
    from handrail.domain.team.speaking import AgentSpeaker


class ApiKeys(Protocol):
    """The keys of the HTTP API."""

    async def find(self, key_id: str) -> ApiKey | None:
        """Return the key, live or not."""
        ...

    async def used(self, key_id: str) -> None:
        """Note that the key was used now."""
        ...


class KeptAnswers(Protocol):
    """Answers that were given under an idempotency key."""

    async def claim(self, caller: str, key: str, fingerprint: str, hold: timedelta) -> ClaimedAnswer:
        """Claim the key for one request, or tell what stands under it."""
        ...

    async def accept(self, caller: str, key: str, fingerprint: str, wanted: PromisedAnswer) -> ClaimedAnswer:
        """Keep the answer with the start that it promises, on disk when it is told; or tell what stands under the key.

        Ours: both are kept now. In flight: another request under the key is at work. Stands: the case does, and no answer.
        """
        ...

    async def keep(self, caller: str, key: str, claim: str, answer: GivenAnswer) -> None:
        """Keep the answer; nothing happens where the claim is another request's by now."""
        ...

    async def drop(self, caller: str, key: str, claim: str) -> None:
        """Forget the claim, so that the same request may be made again."""
        ...

    async def sweep(self, older: timedelta) -> int:
        """Forget answers of longer ago; return how many."""
        ...


class CaseRecord(Protocol):
    """Cases as the record holds them, for readers outside."""

    async def version(self, case_id: str) -> int | None:
        """Return the version of the case's row, None where the record has no such case."""
        ...

    async def customer(self, case_id: str) -> str | None:
        """Return whose case it is, None where the record has no such case."""
        ...

    async def show(self, case_id: str) -> CaseView:
        """Raises: UnknownCase."""
        ...

    async def page(self, wanted: CasesWanted) -> CasePage:
        """Return cases, the last opened first."""
        ...

    async def transcript(self, case_id: str) -> list[Message]:
        """Return every message, oldest first."""
        ...


class Vouchers(Protocol):
    """Updates of which the API knows beyond doubt who sends them, and who spoke in their cases as an agent."""

    async def vouch(self, case_id: str, update_id: str, person: str, caller: str, about: str) -> None:
        """Note, ahead of the update, who sends it and what it is about."""
        ...

    async def person(self, case_id: str, update_id: str, about: str) -> str | None:
        """Return who sent the update, None where nobody vouches for exactly this."""
        ...

    async def speakers(self, case_id: str) -> list[AgentSpeaker]:
        """Return everybody who spoke in the case as an agent."""
        ...


class CustomerTokens(Protocol):
    """Tokens with which single customers call."""

    async def add(self, token_hash: str, customer_id: str, caller: str, at: datetime, expires_at: datetime) -> None:
        """Keep a token's hash."""
        ...

    async def customer(self, token_hash: str) -> TokenHolder | None:
        """Return whose token it is, None where it is none or has expired."""
        ...


class RatingLinks(Protocol):
    """Links with which a case is rated."""

    async def add(self, link_hash: str, case_id: str, expires_at: datetime) -> None:
        """Keep a link's hash."""
        ...

    async def case(self, link_hash: str) -> LinkedCase | None:
        """Return the case behind the link, None where it is none or has expired."""
        ...


class ControlRoom(Protocol):
    """The kill switch and the ladder, as people set them from outside."""

    async def in_force(self) -> Sequence[Control]:
        """Return every control in force."""
        ...

    async def put(self, wanted: ControlRequest) -> Control:
        """Set a control.

        Raises:
            InvalidInput: there is no such topic, tool or segment.
        """
        ...

    async def clear(self, scope: Scope, reason: str, actor: str) -> Sequence[Control]:
        """Lift what is set on the scope; return what was lifted."""
        ...


class WaitingCases(Protocol):
    """The queue of cases that wait for people."""

    async def waiting(self, queue: str | None, limit: int, reader: str | None = None) -> QueuePage:
        """Return how deep the queue is, and its first items but those that the `reader` said they should not decide."""
        ...
