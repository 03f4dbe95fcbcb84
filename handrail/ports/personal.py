"""Ports to what holds a customer: the record, the runs of their cases, their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from handrail.domain.case.starts import WithdrawnStart
from handrail.domain.personal.forgetting import ForgetProof, LegalHold, TheirCase
from handrail.domain.personal.kin import CustomerKin, LinkChange


class PersonalRecord(Protocol):
    """The record of a customer, as PostgreSQL holds it."""

    async def kin_of(self, customer_id: str) -> list[str]:
        """Return all ids of the person, the given one first."""
        ...

    async def cases_of(self, customer_ids: Sequence[str]) -> list[TheirCase]:
        """Return the customers' cases that were not forgotten, the oldest first."""
        ...

    async def addresses_of(self, customer_ids: Sequence[str]) -> list[str]:
        """Return the addresses that the customers wrote from."""
        ...

    async def odd_starts_of(self, customer_ids: Sequence[str]) -> list[str]:
        """Return ids of workflows that were started for the customers and became no case."""
        ...

    async def promised_to(self, customer_ids: Sequence[str]) -> list[TheirCase]:
        """Return the customers' cases that were answered for and that the record does not have yet, the oldest first."""
        ...

    async def withdraw(self, customer_ids: Sequence[str]) -> list[WithdrawnStart]:
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

    async def erase_last(self, customer_ids: Sequence[str]) -> dict[str, int]:
        """Erase what tells which ids are one person; return how many rows of each table.

        Raises:
            NotGone: another id was joined to them meanwhile.
        """
        ...

    async def keep(self, proof: ForgetProof, pseudonym: str) -> None:
        """Keep the proof."""
        ...

    async def hold_of(self, customer_id: str) -> LegalHold | None:
        """Return a hold on any id of the person."""
        ...

    async def holds(self) -> list[LegalHold]: ...

    async def set_hold(self, hold: LegalHold) -> bool:
        """Set a hold, noted in each of the customer's cases; false where one is in force already."""
        ...

    async def clear_hold(self, customer_id: str, cleared_by: str, because: str, at: datetime) -> bool:
        """Clear it, noted in each case; false where none is in force."""
        ...

    async def all_of(self, customer_id: str, addresses: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return all that the record holds of the person, in the order of time: `place`, `case_id`, `at` and `held`.

        `addresses` are mail addresses of theirs, beside those that are known.
        """
        ...


class KinRecord(Protocol):
    """The record of which customer ids are one person."""

    async def of(self, customer_id: str) -> CustomerKin:
        """Return all ids of the person; of an id that nobody knows, it alone."""
        ...

    async def change(self, wanted: LinkChange) -> CustomerKin:
        """Join an id to another, or part it again, noted in the audit of every case of theirs; the same again changes nothing.

        When this returns, whatever counts by customer counts so; effects that were under way have ended.

        Raises:
            InvalidInput: it is to be joined to itself.
            UnknownCustomer: nobody knows one of them.
            MergeRefused: it is joined to another, or never was; or an effect of theirs takes long.
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
