"""The payload codec: everything that histories hold is encrypted with the key of its workflow, and bound to that workflow.

Search attributes, names, ids and identities stay readable: the server works with them. Payloads that are not ours are handed
on as they are, so encryption can be switched on and off over running cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from handrail.domain.errors import KeyUnknown
from handrail.temporal.converter import ENCODING
from handrail.temporal.whose import customer_at_hand
from handrail.vault.cipher import opened, packed, sealed, unpacked

if TYPE_CHECKING:
    from handrail.vault.keyring import HeldKey, Keyring

KEY = "encryption-key-id"
"""The metadata in which the key's id stands."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Encrypts and decrypts with the keys of a ring; with `encrypts` false it decrypts alone.

    `namespace` and `workflow_id` say where its payloads stand: the SDK asks for a copy that knows.
    """

    def __init__(self, keys: Keyring, namespace: str, *, encrypts: bool = True, workflow_id: str | None = None) -> None:
        self.keys, self.namespace, self.encrypts, self.workflow_id = keys, namespace, encrypts, workflow_id

    def with_context(self, context: SerializationContext) -> SealingCodec:
        """See base class."""
        if not isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return self
        if context.workflow_id == self.workflow_id and context.namespace == self.namespace:
            return self
        return SealingCodec(self.keys, context.namespace, encrypts=self.encrypts, workflow_id=context.workflow_id)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload. Raises: KeysAway, KeyUnknown."""
        if not self.encrypts or all(_ours(one) for one in payloads):
            return list(payloads)
        key = await self.keys.of_workflow(self.namespace, self.workflow_id or "", customer_at_hand())
        return [one if _ours(one) else _closed(one, key) for one in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt each payload that was encrypted.

        Raises:
            KeysAway, KeyShredded, KeyUnknown.
        """
        return [await self._open(one) if _ours(one) else one for one in payloads]

    async def _open(self, payload: Payload) -> Payload:
        key = await self.keys.by_id(payload.metadata.get(KEY, b"").decode("ascii", "replace"), self.workflow_id)
        if key.namespace != self.namespace or (self.workflow_id and key.sealed_for not in ("", self.workflow_id)):
            raise KeyUnknown(
                f"key {key.key_id}: is that of {key.sealed_for or 'no workflow'} in {key.namespace}, and what it encrypted "
                f"stands in {self.workflow_id or 'no workflow'} in {self.namespace}. Somebody moved it: it is not read."
            )
        try:
            return Payload.FromString(unpacked(opened(key.cipher, payload.data, key.about)))
        except ValueError as error:
            raise KeyUnknown(
                f"key {key.key_id}: what it is said to have encrypted {error}. It was changed on its way."
            ) from None


def key_of(payload: Payload) -> str | None:
    """Return the id of the key that encrypted the payload, None where it is not encrypted."""
    return payload.metadata[KEY].decode("ascii", "replace") if _ours(payload) and KEY in payload.metadata else None


def _ours(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCODING


def _closed(payload: Payload, key: HeldKey) -> Payload:
    text = sealed(key.cipher, packed(payload.SerializeToString()), key.about)
    return Payload(metadata={"encoding": ENCODING, KEY: key.key_id.encode()}, data=text)
