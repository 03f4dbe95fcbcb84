"""Ports of the keys of histories: who holds master keys, where wrapped keys are kept, who destroys them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from handrail.domain.access.vault import DataKey, MasterWrapped, OwnerKey, Shredded, WrappedCount


class MasterKeys(Protocol):
    """The master keys: of the environment, of a file, or of a key management service. The first wraps, all unwrap."""

    @property
    def first(self) -> str:
        """The id of the key that wraps from now on."""
        ...

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all, the first one first."""
        ...

    async def wrap(self, key: bytes, about: bytes) -> MasterWrapped:
        """Wrap a key with the first master key; `about` is authenticated with it."""
        ...

    async def unwrap(self, wrapped: MasterWrapped, about: bytes) -> bytes:
        """Return the key.

        Raises:
            KeyUnknown: the master key is not there, or another one wrapped it.
        """
        ...


class KeyStore(Protocol):
    """The wrapped keys, as a keyring reads and adds them."""

    async def of_workflow(
        self, namespace: str, workflow_id: str, customer_id: str | None
    ) -> tuple[DataKey | None, OwnerKey | None]:
        """Return the workflow's key, and the customer's; each None where there is none."""
        ...

    async def by_id(self, key_ids: Sequence[str]) -> list[DataKey]:
        """Return those of the keys that there are."""
        ...

    async def keep(self, key: DataKey) -> bool:
        """Keep a key and its owner's; false where another one stands for the workflow, or for the customer."""
        ...

    async def bind(self, key_id: str, workflow_id: str) -> None:
        """Note in which workflow a key was found that was made for none."""
        ...

    async def shredded(self, key_ids: Sequence[str]) -> dict[str, datetime]:
        """Return which of the keys were destroyed, and when."""
        ...

    async def shredded_since(self, seconds: float) -> list[str]:
        """Return the keys that were destroyed within so many seconds."""
        ...


class KeyShredder(Protocol):
    """Destroys keys: what they encrypted, in histories and their copies, is unreadable from then on."""

    async def shred(self, customer_id: str) -> Shredded:
        """Destroy the keys of a customer and of all the customer's cases, for good, in one transaction.

        Every process is told and drops them within a minute. A workflow that still runs cannot be read any more: close and
        delete its runs first. Again, it finds nothing and changes nothing.
        """
        ...


class PlainReadings(Protocol):
    """The audit of who had which cases decrypted."""

    async def note(self, case_ids: Sequence[str], reader: str, at: datetime) -> None:
        """Note that somebody reads the cases, once a minute for each."""
        ...


class KeyRotation(Protocol):
    """The wrapped keys, as whoever changes master keys sees them."""

    async def counts(self) -> list[WrappedCount]:
        """Return how many keys each master key wraps."""
        ...

    async def totals(self) -> tuple[int, int]:
        """Return how many keys of data there are, and how many were destroyed."""
        ...

    async def rewrap(
        self, first: str, anew: Callable[[OwnerKey], Awaitable[OwnerKey]], behind: str, most: int
    ) -> tuple[int, str]:
        """Put `anew` in the place of the next keys that `first` does not wrap; return how many, and the last one's id."""
        ...
