"""Every figure of a text is in a mention."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.domain.money import UNKNOWN, largest, named
from handrail.domain.text.accounting.account import unaccounted
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.figures.mentions import MOST, mentions
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


def test_of_a_row_of_very_many_figures_the_first_are_read_and_the_rest_is_one_unread() -> None:
    found = mentions("5 " * 3_000)
    *read, last = found
    assert {one.kind for one in read} == {"number"}
    assert MOST <= len(read) < MOST * 2
    assert (last.kind, last.row, last.end) == ("unread", True, 5_999)
    assert last.start == read[-1].end + 1


def test_what_follows_a_row_is_read_again() -> None:
    words = "and so I ask you kindly for my money back, which was 1,234.50 EUR on 5 May 2026."
    found = mentions(f"{'7; ' * 2_000}{words}")
    assert [one.kind for one in found[-3:]] == ["unread", "amount", "date"]
    assert found[-3].row
    assert not found[-2].row


def test_sentences_full_of_figures_are_read_whole() -> None:
    line = "Order O-10021 of 5 May: 2 lamps at 12.50 USD, paid 25 USD.\n"
    found = mentions(line * 130)
    assert len(found) == 130 * len(mentions(line))
    assert not any(one.row for one in found)


def test_a_sum_hidden_behind_very_many_figures_is_above_every_bound() -> None:
    assert largest(list(named(f"{'5 ' * 2_000}Refund 9,000 EUR")), None) == UNKNOWN
    assert largest(list(named("5 EUR " * 20)), None) == 5


def test_a_row_of_figures_in_a_reply_is_covered_by_nothing() -> None:
    figures = "5; " * 2_000
    evidence = Evidence.gather([{"number": 5, "text": figures}], customer=(figures,), terms=[figures])
    findings = list(unaccounted(figures, evidence, now=None, language="en"))
    assert [one.rule for one in findings] == ["unread"]


def test_a_figure_in_a_crowded_source_may_be_stated() -> None:
    source = "".join(f"{number} " for number in range(1_000, 2_000)) + "1234.56 EUR"
    evidence = Evidence.gather([], terms=[source])
    assert not list(unaccounted("It costs 1234.56 EUR.", evidence, now=None, language="en"))
    assert list(unaccounted("It costs 1234.57 EUR.", evidence, now=None, language="en"))
