"""Payload converters, of which the SDK makes one for every run: what they learn of a type, they learn once."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from temporalio.contrib import pydantic as contrib

from handrail.temporal.converter import TolerantPayloadConverter, data_converter


class Told(BaseModel):
    """What a payload is read as."""

    word: str


def test_a_type_is_learnt_once_for_all_converters(monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = TolerantPayloadConverter().to_payloads([Told(word="yes")])
    assert TolerantPayloadConverter().from_payloads(payloads, [Told]) == [Told(word="yes")]
    monkeypatch.delattr(contrib, "TypeAdapter")  # whoever learns a type asks for it
    for _ in range(3):
        made = data_converter.payload_converter_class()
        assert made.from_payloads(payloads, [Told]) == [Told(word="yes")]
