"""Encryption of histories, wired: master keys of the settings, wrapped keys of PostgreSQL, the codec over both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from handrail.background import Say, silent, supervised
from handrail.domain.errors import InvalidInput, KeysAway

if TYPE_CHECKING:
    from temporalio.client import Client

    from handrail.ports.vault import KeyStore, MasterKeys
    from handrail.postgres.pool import Pool
    from handrail.settings import Settings
    from handrail.temporal.codec import SealingCodec
    from handrail.vault.keyring import Keyring

POOL = 3
WAIT_SECONDS = 3.0
"""Less than a workflow task may take: whoever waits for a key is told in time that it does not come."""
PAUSE_SECONDS = 1.0
EAR = "the ear for shredded keys"
_log = logging.getLogger("handrail.vault")


def masters_of(settings: Settings) -> MasterKeys | None:
    """Return the master keys that the settings name, None where they name none. Raises: InvalidInput."""
    from handrail.vault.masters import FILE_SETTING, SETTING, LocalMasterKeys, read_masters

    named = read_masters(settings.master_keys.get_secret_value(), settings.master_keys_file)
    if not named and settings.master_keys_file is None:
        return None
    return LocalMasterKeys(named, FILE_SETTING if settings.master_keys_file else SETTING)


def codec_of(settings: Settings) -> SealingCodec | None:
    """Return the codec, None where no master key is named.

    Raises:
        InvalidInput: a master key cannot be used, or everything is to be encrypted and there is none.
    """
    if not (settings.master_keys.get_secret_value() or settings.master_keys_file or settings.encrypt):
        return None
    from handrail.temporal.codec import SealingCodec
    from handrail.vault.keyring import Keyring

    masters = masters_of(settings)
    if masters is None:
        raise InvalidInput(
            "HANDRAIL_ENCRYPT: is true, and no master key is named. Set HANDRAIL_MASTER_KEYS or HANDRAIL_MASTER_KEYS_FILE; "
            "`handrail keys master new` makes a key."
        )
    store = LateKeyStore(settings.database_url.get_secret_value())
    keys = Keyring(masters, store.opened, closing=store.aclose)
    return SealingCodec(keys, settings.temporal_namespace, encrypts=settings.encrypt is not False)


class LateKeyStore:
    """Opens its few connections when a key is first needed: many commands need none."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    async def opened(self) -> KeyStore:
        """Return the store. Raises: psycopg.OperationalError: the server is away."""
        from handrail.postgres.pool import open_pool
        from handrail.postgres.vault.keys import PostgresKeyStore

        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(self._url, size=POOL, wait=WAIT_SECONDS)
        return PostgresKeyStore(self._pool)

    async def aclose(self) -> None:
        """Close the connections."""
        async with self._opening:
            if self._pool is not None:
                await self._pool.close()
            self._pool = None


def sealing_of(client: Client) -> SealingCodec | None:
    """Return the codec that the client has of us, None where it has none."""
    codec = client.data_converter.payload_codec
    if codec is None:
        return None
    from handrail.temporal.codec import SealingCodec

    return codec if isinstance(codec, SealingCodec) else None


def keys_of(client: Client) -> Keyring | None:
    """Return the keys that the client encrypts with, None where it does not."""
    codec = sealing_of(client)
    return codec.keys if codec is not None else None


async def forget_keys(client: Client) -> None:
    """Forget the client's keys and close what they came by."""
    if (keys := keys_of(client)) is not None:
        await keys.aclose()


@asynccontextmanager
async def with_keys(client: Client) -> AsyncIterator[Client]:
    """Lend the client for the block, and forget its keys behind it."""
    try:
        yield client
    finally:
        await forget_keys(client)


def heeding_shreds(settings: Settings, client: Client, say: Say = silent) -> AbstractAsyncContextManager[None]:
    """Drop what is shredded the moment it is, for as long as the block lasts; nothing without encryption."""
    keys = keys_of(client)
    if keys is None:
        return nullcontext()
    url = settings.database_url.get_secret_value()
    return supervised(EAR, lambda: _listen(url, keys, say), say=say)


@asynccontextmanager
async def keeping_keys(settings: Settings, client: Client, say: Say = silent) -> AsyncIterator[None]:
    """Do both for the block: drop what is shredded, and forget the client's keys behind it."""
    async with with_keys(client), heeding_shreds(settings, client, say):
        yield


async def _listen(url: str, keys: Keyring, say: Say) -> None:
    from psycopg import OperationalError

    from handrail.postgres.pool import listen

    while True:
        try:
            async for _ in listen(url, "listen_shredded"):
                await keys.look()
                say(None)
        except (OperationalError, KeysAway) as error:
            _log.warning("cannot listen for shredded keys: %s", error)
            say(f"cannot listen for shredded keys: {error}")
        await asyncio.sleep(PAUSE_SECONDS)
