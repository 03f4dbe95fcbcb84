"""Payloads are pydantic JSON; what cannot be decoded arrives as it is; a refusal travels as its message alone.

With a codec everything is encrypted, the words of failures, too; those of refusals stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    PayloadCodec,
    PayloadConverter,
)

from handrail.domain.errors import (
    ApprovalRefused,
    CaseConflict,
    IllegalTransition,
    InvalidInput,
    KeysAway,
    KeyShredded,
    KeyTrouble,
    KeyUnknown,
    Refused,
    UnknownCase,
    UnknownMessage,
)

REFUSALS: dict[str, type[Refused]] = {
    kind.__name__: kind
    for kind in (
        Refused,
        InvalidInput,
        ApprovalRefused,
        CaseConflict,
        UnknownCase,
        UnknownMessage,
        IllegalTransition,
    )
}
"""Wire name to error: what a case says when the sender must change something."""
READABLE = frozenset(REFUSALS) | {kind.__name__ for kind in (KeyTrouble, KeyUnknown, KeyShredded, KeysAway)}
"""Failures whose words are never encrypted: they hold nothing of a customer, and people read them where no key is."""
ENCODING = b"binary/handrail-sealed"
"""The encoding of what `handrail.temporal.codec` encrypted."""

CONVERTERS = tuple(PydanticPayloadConverter().converters.values())
"""One for each encoding; each keeps what it learnt of a type."""


class TolerantPayloadConverter(PydanticPayloadConverter):
    """A converter that hands over as a `RawValue` what cannot be decoded, where no type is asked for.

    The SDK would drop such a signal without a word, and let such a start fail its workflow task for ever.
    """

    def __init__(self) -> None:
        """The SDK makes one for every run and every task of a workflow: all share what they learn."""
        CompositePayloadConverter.__init__(self, *CONVERTERS)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See base class. Raises: KeyUnknown: a payload is encrypted, and this process has no key."""
        if sealed := next((one for one in payloads if one.metadata.get("encoding") == ENCODING), None):
            raise KeyUnknown(
                f"key {sealed.metadata.get('encryption-key-id', b'').decode('ascii', 'replace')}: what it encrypted cannot be "
                "read here, where no master key is named. Set HANDRAIL_MASTER_KEYS or HANDRAIL_MASTER_KEYS_FILE."
            )
        if not type_hints or len(type_hints) != len(payloads):
            return [self._untyped(payload) for payload in payloads]
        return [
            self._untyped(payload)
            if hint is Any
            else super(TolerantPayloadConverter, self).from_payloads([payload], [hint])[0]
            for payload, hint in zip(payloads, type_hints, strict=True)
        ]

    def _untyped(self, payload: Payload) -> Any:
        try:
            return super().from_payloads([payload])[0]
        except Exception:  # noqa: BLE001 - every encoding fails in its own way, and any sender may choose any
            return RawValue(payload)


class QuietFailureConverter(DefaultFailureConverter):
    """Shows a refusal without its stack trace: a reviewer reads it in a dialog of the Temporal Web UI."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """See base class."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type in REFUSALS:
            failure.stack_trace = ""
            failure.ClearField("cause")


class SealedFailureConverter(QuietFailureConverter):
    """Leaves the words and the stack trace of a failure to the codec, except where people read them without a key."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """See base class."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type in READABLE:
            return
        words = {"message": failure.message, "stack_trace": failure.stack_trace}
        failure.encoded_attributes.CopyFrom(payload_converter.to_payloads([words])[0])
        failure.message, failure.stack_trace = "Encoded failure", ""


data_converter = replace(
    pydantic_data_converter,
    payload_converter_class=TolerantPayloadConverter,
    failure_converter_class=QuietFailureConverter,
)


def with_codec(codec: PayloadCodec | None, *, encrypts: bool) -> DataConverter:
    """Return the converter with the codec, if there is one; where it `encrypts`, words of failures are encrypted, too."""
    if codec is None:
        return data_converter
    failures = SealedFailureConverter if encrypts else QuietFailureConverter
    return replace(data_converter, payload_codec=codec, failure_converter_class=failures)
