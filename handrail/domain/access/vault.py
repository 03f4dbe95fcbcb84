"""Keys of histories: a key of data for each workflow, under its owner's key, under a master key."""

from __future__ import annotations

from typing import NamedTuple

OWNERS, DATA = "o", "d"
"""The first letters of the ids of owners' keys and keys of data."""


class MasterWrapped(NamedTuple):
    """A key under a master key: `master` is its id, `sealed` the wrapped bytes."""

    master: str
    sealed: bytes


class OwnerKey(NamedTuple):
    """A key that wraps keys of data: a customer's, or with no customer that of a single workflow."""

    key_id: str
    customer_id: str | None
    wrapped: MasterWrapped


class DataKey(NamedTuple):
    """A key that payloads are encrypted with.

    `sealed_for` is the workflow that they are bound to, empty where it was not known; `workflow_id` the one they are found in.
    """

    key_id: str
    namespace: str
    sealed_for: str
    workflow_id: str
    owner: OwnerKey
    wrapped: bytes


class WrappedCount(NamedTuple):
    """The number of owners' keys that one master key wraps."""

    master: str
    customers: int
    workflows: int

    @property
    def all(self) -> int:
        """Customers' keys and those of single workflows."""
        return self.customers + self.workflows


class Shredded(NamedTuple):
    """Counts of what a shredding destroyed: keys of owners, keys of data."""

    owner_keys: int
    data_keys: int


def bound(*parts: str) -> bytes:
    """Return parts as additional data of a cipher, which no other parts have: each behind its length."""
    coded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in coded)
