"""Ports of the HTTP API: its keys, the answers that it keeps, decisions that it vouches for, pages of cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from handrail.domain.access.answers import ClaimedAnswer, GivenAnswer
from handrail.domain.access.keys import ApiKey
from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import Message
from handrail.domain.http.paging import CasePage, CasesWanted


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
    """Decisions of which the API knows beyond doubt who made them."""

    async def vouch(self, case_id: str, update_id: str, person: str, caller: str, at: datetime) -> None:
        """Note, ahead of the update, who sends it."""
        ...
