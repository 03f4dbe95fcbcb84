"""Ports to what holds a customer: the record, the runs of their cases, their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from handrail.domain.case.starts import WithdrawnStart
from handrail.domain.personal.forgetting import ForgetProof, LegalHold, TheirCase


class PersonalRecord(Protocol):
    """The record of a customer, as PostgreSQL holds it."""

    async def cases_of(self, customer_id: str) -> list[TheirCase]:
        """Return the customer's cases that were not forgotten, the oldest first."""
        ...

    async def addresses_of(self, customer_id: str) -> list[str]:
        """Return the addresses that the customer wrote from."""
        ...

    async def odd_starts_of(self, customer_id: str) -> list[str]:
        """Return ids of workflows that were started for the customer and became no case."""
        ...

    async def promised_to(self, customer_id: str) -> list[TheirCase]:
        """Return the customer's cases that were answered for and that the record does not have yet, the oldest first."""
        ...

    async def withdraw(self, customer_id: str) -> list[WithdrawnStart]:
        """Have those begin no more; return those that somebody may be beginning yet, too."""
        ...

    async def settle(self) -> None:
        """Count what became of cases up to now: afterwards nothing is left to count it from."""
        ...

    async def erase_traffic(self, customer_id: str, addresses: Sequence[str]) -> dict[str, int]:
        """Delete what is the customer's and no case's; return how many rows of each table."""
        ...

    async def erase_case(
        self, case_id: str, customer_id: str, forget_id: str, pseudonym: str, asked_by: str
    ) -> dict[str, int]:
        """Delete or blank what a case holds, in one transaction; return how many rows of each table."""
        ...

    async def keep(self, proof: ForgetProof, pseudonym: str) -> None:
        """Keep the proof."""
        ...

    async def hold_of(self, customer_id: str) -> LegalHold | None: ...

    async def holds(self) -> list[LegalHold]: ...

    async def set_hold(self, hold: LegalHold) -> bool:
        """Set a hold, noted in each of the customer's cases; false where one is in force already."""
        ...

    async def clear_hold(self, customer_id: str, cleared_by: str, because: str, at: datetime) -> bool:
        """Clear it, noted in each case; false where none is in force."""
        ...

    async def all_of(self, customer_id: str, addresses: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return all that the record holds of the customer, in the order of time: `place`, `case_id`, `at` and `held`.

        `addresses` are mail addresses of theirs, beside those that are known.
        """
        ...


class PersonalRuns(Protocol):
    """Runs of a customer's cases, as Temporal holds them."""

    async def close(self, case_id: str, seconds: float) -> None:
        """Have the case close itself, and wait for it; nothing to do where it has ended.

        Raises:
            NotGone: it did not in time.
        """
        ...

    async def delete(self, workflow_id: str, seconds: float) -> int:
        """Delete every run, and wait until none is found, not even in lists; return how many there were.

        Raises:
            NotGone: some were still there in the end.
        """
        ...
