"""What PostgreSQL refuses never reaches it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from handrail.postgres.adaptation import dumps, storable

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
)


def test_nul_surrogates_and_numbers_that_are_none() -> None:
    assert storable({"a\x00": ["\ud83d", float("inf"), ("ok", 1.5)]}) == {"a\ufffd": ["\ufffd", None, ["ok", 1.5]]}


@given(ANYTHING)
def test_whatever_comes_can_be_stored(value: object) -> None:
    text = dumps(value)
    text.encode("utf-8")
    assert "\\u0000" not in text.replace("\\\\", "")
    assert json.loads(text) == storable(value)


@given(st.recursive(st.none() | st.integers() | st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.lists))
def test_what_is_fine_stays_as_it_is(value: object) -> None:
    assert json.loads(dumps(value)) == value
