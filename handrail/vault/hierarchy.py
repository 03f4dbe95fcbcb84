"""Keys under keys: made, wrapped and unwrapped by AES-256-GCM, each bound to its own id and to what it is for."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from handrail.domain.access.vault import DATA, OWNERS, DataKey, OwnerKey, bound
from handrail.domain.errors import KeyUnknown
from handrail.vault.cipher import KEY_BYTES, opened, sealed

if TYPE_CHECKING:
    from handrail.ports.vault import MasterKeys


def new_id(kind: str) -> str:
    """Return a fresh id of a key."""
    return kind + secrets.token_hex(12)


async def new_owner(masters: MasterKeys, customer_id: str | None) -> OwnerKey:
    """Return a new key of a customer, or of a single workflow, under the first master key."""
    key_id = new_id(OWNERS)
    return OwnerKey(key_id, customer_id, await masters.wrap(secrets.token_bytes(KEY_BYTES), _about_owner(key_id)))


async def new_data_key(masters: MasterKeys, owner: OwnerKey, namespace: str, workflow_id: str) -> tuple[DataKey, bytes]:
    """Return a new key of data under its owner's, wrapped and plain. Raises: KeyUnknown: the owner's cannot be unwrapped."""
    around = await unwrapped(masters, owner)
    plain = secrets.token_bytes(KEY_BYTES)
    key = DataKey(new_id(DATA), namespace, workflow_id, workflow_id, owner, b"")
    return key._replace(wrapped=sealed(around, plain, _about_data(key))), plain


async def unwrapped(masters: MasterKeys, owner: OwnerKey) -> bytes:
    """Return the owner's key. Raises: KeyUnknown."""
    return await masters.unwrap(owner.wrapped, _about_owner(owner.key_id))


async def plain_key(masters: MasterKeys, key: DataKey) -> bytes:
    """Return the key of data. Raises: KeyUnknown."""
    around = await unwrapped(masters, key.owner)
    try:
        return opened(around, key.wrapped, _about_data(key))
    except ValueError:
        raise KeyUnknown(
            f"key {key.key_id}: its row does not belong under {key.owner.key_id}. Restore both tables from the same backup."
        ) from None


async def rewrapped(masters: MasterKeys, owner: OwnerKey) -> OwnerKey:
    """Return the same key under the first master key. Raises: KeyUnknown."""
    about = _about_owner(owner.key_id)
    return owner._replace(wrapped=await masters.wrap(await masters.unwrap(owner.wrapped, about), about))


def _about_owner(key_id: str) -> bytes:
    return bound("owner", key_id)


def _about_data(key: DataKey) -> bytes:
    return bound("data", key.namespace, key.sealed_for, key.key_id, key.owner.key_id)
