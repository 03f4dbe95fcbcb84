"""The keys in memory: they do while PostgreSQL is away, and go within a minute of being shredded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handrail.domain.access.vault import DataKey, bound
from handrail.domain.errors import KeysAway, KeyShredded, KeyTrouble, KeyUnknown, record_is_away
from handrail.ports.vault import KeyStore, MasterKeys
from handrail.vault.hierarchy import new_data_key, new_owner, plain_key

MOST = 20_000
"""Keys in memory at most; the one not used for longest goes first."""
LOOK_SECONDS = 20.0
"""So long after the last look, the next use of any key asks which were shredded meanwhile."""
WAIT_SECONDS = 50.0
"""So long after it, whoever uses a key waits for that answer."""
ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 5.0
"""Between two questions while PostgreSQL does not answer."""
COMMIT_SECONDS = 600.0
"""Longer than any transaction, which may have begun before the last look and ended behind it."""
TRIES = 12

Got = TypeVar("Got")
_log = logging.getLogger("handrail.vault")


class HeldKey(NamedTuple):
    """A key of data in memory."""

    key_id: str
    cipher: AESGCM
    namespace: str
    sealed_for: str
    workflow_id: str
    about: bytes
    """What each payload is bound to: namespace, workflow and key."""


class Keyring:
    """Finds and makes keys of data. `store` opens the store when it is first needed, `closing` what that opened."""

    def __init__(
        self,
        masters: MasterKeys,
        store: Callable[[], Awaitable[KeyStore]],
        now: Callable[[], float] = time.monotonic,
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._masters, self._store, self._now, self._closing = masters, store, now, closing
        self._by_id = OrderedDict[str, HeldKey]()
        self._by_workflow: dict[tuple[str, str], HeldKey] = {}
        self._unbound: set[str] = set()
        self._looked, self._silent_until = now(), 0.0
        self._look: asyncio.Task[None] | None = None

    async def of_workflow(self, namespace: str, workflow_id: str, customer_id: str | None) -> HeldKey:
        """Return the key of the workflow, made where it has none; a new one is put under the customer's.

        Raises:
            KeysAway, KeyUnknown.
        """
        await self._fresh()
        held = self._by_workflow.get((namespace, workflow_id)) if workflow_id else None
        if held is not None:
            self._by_id.move_to_end(held.key_id)
            return held
        what = f"the key of {workflow_id}"
        for _ in range(TRIES):
            store = await self._asked(self._store(), what)
            found, owner = await self._asked(store.of_workflow(namespace, workflow_id, customer_id), what)
            if found is not None:
                return await self._held(found)
            owner = owner or await new_owner(self._masters, customer_id)
            key, plain = await new_data_key(self._masters, owner, namespace, workflow_id)
            if await self._asked(store.keep(key), what):
                return self._hold(key, plain)
        raise KeysAway(f"the key of {workflow_id}: others made and destroyed it {TRIES} times meanwhile. Try again.")

    async def by_id(self, key_id: str, workflow_id: str | None = None) -> HeldKey:
        """Return the key. With the workflow in which it was found, a key that was made for none is bound to that.

        Raises:
            KeysAway, KeyShredded.
            KeyUnknown: there is no such key, or the master key around it is not here.
        """
        await self._fresh()
        held = self._by_id.get(key_id)
        if held is None:
            what = f"key {key_id}"
            store = await self._asked(self._store(), what)
            found = await self._asked(store.by_id([key_id]), what)
            held = await self._held(found[0]) if found else await self._none(store, key_id)
        if workflow_id and key_id in self._unbound:
            store = await self._asked(self._store(), f"key {key_id}")
            await self._asked(store.bind(key_id, workflow_id), f"key {key_id}")
            self._unbound.discard(key_id)
            held = self._by_id[key_id] = held._replace(workflow_id=workflow_id)
        return held

    async def workflow_of(self, key_id: str) -> str:
        """Return the workflow that the key belongs to; empty where no workflow has read anything of it.

        Raises:
            KeysAway, KeyShredded, KeyUnknown.
        """
        held = await self.by_id(key_id)
        if not held.workflow_id:
            # It may have been read by another process since.
            self._drop(key_id)
            held = await self.by_id(key_id)
        return held.workflow_id

    async def look(self) -> None:
        """Drop what was shredded, as far as PostgreSQL tells now. Raises: KeysAway."""
        since = self._now()
        store = await self._asked(self._store(), "shredded keys")
        for key_id in await self._asked(store.shredded_since(since - self._looked + COMMIT_SECONDS), "shredded keys"):
            self._drop(key_id)
        self._looked = since

    async def aclose(self) -> None:
        """Forget every key, and close what they came by; the next use opens it again."""
        if self._look is not None:
            self._look.cancel()
            with suppress(asyncio.CancelledError):
                await self._look
        self._by_id.clear()
        self._by_workflow.clear()
        if self._closing is not None:
            await self._closing()

    async def _held(self, key: DataKey) -> HeldKey:
        return self._hold(key, await plain_key(self._masters, key))

    def _hold(self, key: DataKey, plain: bytes) -> HeldKey:
        about = bound("payload", key.namespace, key.sealed_for, key.key_id)
        held = HeldKey(key.key_id, AESGCM(plain), key.namespace, key.sealed_for, key.workflow_id, about)
        self._by_id[key.key_id] = held
        if key.sealed_for:
            self._by_workflow[key.namespace, key.sealed_for] = held
        if not key.workflow_id:
            self._unbound.add(key.key_id)
        if len(self._by_id) > MOST:
            self._drop(next(iter(self._by_id)))
        return held

    def _drop(self, key_id: str) -> None:
        held = self._by_id.pop(key_id, None)
        self._unbound.discard(key_id)
        if held is not None and self._by_workflow.get((held.namespace, held.sealed_for)) is held:
            del self._by_workflow[held.namespace, held.sealed_for]

    async def _none(self, store: KeyStore, key_id: str) -> HeldKey:
        if at := (await self._asked(store.shredded([key_id]), f"key {key_id}")).get(key_id):
            raise KeyShredded(
                f"key {key_id}: was destroyed on {at:%Y-%m-%d at %H:%M} UTC, as somebody asked to be forgotten. What it "
                "encrypted cannot be read again. If the workflow still runs, terminate it."
            )
        raise KeyUnknown(
            f"key {key_id}: the database has no such key. Point HANDRAIL_DATABASE_URL at the database of these histories, "
            "or restore handrail.owner_keys and handrail.data_keys from its backup."
        )

    async def _fresh(self) -> None:
        """See to it that what was shredded is not used for longer than a minute, as far as PostgreSQL can be asked."""
        age = self._now() - self._looked
        if age < LOOK_SECONDS or self._now() < self._silent_until:
            return
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._try_look())
        if age > WAIT_SECONDS:
            await asyncio.wait({self._look}, timeout=ANSWER_SECONDS)

    async def _try_look(self) -> None:
        try:
            await asyncio.wait_for(self.look(), ANSWER_SECONDS)
        except (KeyTrouble, TimeoutError):
            self._silent_until = self._now() + PAUSE_SECONDS
            _log.warning("PostgreSQL does not say which keys were shredded; those in memory are used on")

    async def _asked(self, question: Awaitable[Got], what: str) -> Got:
        try:
            return await question
        except Exception as error:
            if not record_is_away(error):
                raise
            raise KeysAway(
                f"{what}: PostgreSQL, which has it, does not answer, and it was not used here of late. Nothing is lost: "
                "this is tried again by itself. Start PostgreSQL, or set HANDRAIL_DATABASE_URL."
            ) from error
