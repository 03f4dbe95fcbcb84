"""JSON whose fields stand once, and no other."""

from __future__ import annotations

import json

import pytest

from handrail.domain.base import fields_once


def test_an_object_whose_fields_stand_once_is_read_as_json_reads_it() -> None:
    text = '{"b": {"a": 1, "b": [{"a": 2}, {}]}, "a": null}'
    assert json.loads(text, object_pairs_hook=fields_once) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"amount": 1, "amount": 1}', "'amount'"),
        ('[{"order": {"id": "O-1", "total": 5, "id": "O-2"}}]', "'id'"),
        (f'{{"{"x" * 90}": 1, "{"x" * 90}": 2}}', f"'{'x' * 60}'"),
    ],
)
def test_a_field_that_stands_twice_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(ValueError, match="stands there twice; keep one") as refused:
        json.loads(text, object_pairs_hook=fields_once)
    assert str(refused.value).startswith(f"{named} ")
