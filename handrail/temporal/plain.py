"""Events of histories in the plain: what they carry is decrypted before anything reads it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import PayloadCodec

from handrail.domain.errors import KeyShredded, KeyUnknown

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowHandle


async def plain_events(client: Client, handle: WorkflowHandle[object, object]) -> AsyncIterator[HistoryEvent]:
    """Yield the events of a run, the oldest first, as `plain_event` makes them. Raises: RPCError, KeysAway."""
    async for event in handle.fetch_history_events():
        yield await plain_event(client, event)


async def plain_event(client: Client, event: HistoryEvent) -> HistoryEvent:
    """Decrypt what the event carries; what no key opens any more stays as it is. Raises: KeysAway."""
    codec = client.data_converter.payload_codec
    if codec is not None:
        for carried in _carried(event):
            try:
                await _decrypt(codec, carried)
            except (KeyShredded, KeyUnknown):
                continue
    return event


async def _decrypt(codec: PayloadCodec, carried: Payloads | Failure) -> None:
    if isinstance(carried, Payloads):
        await codec.decode_wrapper(carried)
        return
    await codec.decode_failure(carried)
    failure: Failure | None = carried
    while failure is not None:
        if failure.encoded_attributes.metadata.get("encoding") == b"json/plain":
            failure.message = str(json.loads(failure.encoded_attributes.data).get("message", ""))
        failure = failure.cause if failure.HasField("cause") else None


def _carried(message: Message) -> Iterator[Payloads | Failure]:
    for _, value in message.ListFields():
        if isinstance(value, Payloads | Failure):
            yield value
        elif isinstance(value, Message):
            yield from _carried(value)
