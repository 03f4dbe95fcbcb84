"""Every figure of a text is in a mention."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.domain.text.mentions import mentions
from handrail.domain.text.plain import clean

_PIECES = st.sampled_from(
    [
        *"1 2 10 150 600 2026 0 00 , . - – ' ’ : / ( ) $ € £ % kr zł EUR USD 5. May March Montag am pm".split(),  # noqa: SIM905
        *("Uhr", "x", "@", "a.b", "O-", "#", "*", " ", "\n", "\u00a0", "\u202f", "²", "½", "٣", "１", "\u200b", "e", "M", "k"),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=40).map("".join)))
def test_every_run_of_digits_lies_in_exactly_one_mention(text: str) -> None:
    plain = clean(text)
    assert clean(plain) == plain
    found = mentions(text)
    assert found == sorted(found, key=lambda one: one.start)
    for one in found:
        assert plain[one.start : one.end] == one.shown, one
    for before, after in pairwise(found):
        assert before.end <= after.start, (before, after)
    for run in re.finditer(r"\d+", plain):
        assert sum(one.start <= run.start() and run.end() <= one.end for one in found) == 1, (run, found)
