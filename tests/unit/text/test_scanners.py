"""No text makes anything that reads it slow: twice as much takes some twice the steps, the longest a bounded time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from handrail.drills.text.kinds import LENGTH, kinds
from handrail.drills.text.scanners import TARGET, Scan, cpu, scanners
from handrail.shop import business
from tests.support.counting import calls

FEW = 500
GROWTH = 2.6
"""Twice the text in twice the steps, with room for what is read once; a quadratic scanner takes four times as many."""
IDLE = 400
"""Calls that any text costs."""
STEPS = 15
"""Calls for a character of all kinds, on average."""
SLOW = 4 * TARGET
"""Milliseconds that a linear scanner stays below on a busy machine; the drill itself measures the target."""


@pytest.fixture(scope="module")
def found() -> dict[str, Scan]:
    return scanners(business, business.folder)


@pytest.mark.parametrize(
    "name",
    [
        # Entities are found among the mentions, so that what `mentions` costs is in them.
        *("check", "cards", "sentences", "entities", "quotes", "patience", "rules", "wish", "language", "mood"),
        *("complexity", "router", "deeds", "changes"),
    ],
)
def test_work_grows_with_the_text_and_no_faster(name: str, found: dict[str, Scan]) -> None:
    scan, lengths = found[name], [kinds(FEW), kinds(2 * FEW), kinds(4 * FEW)]
    scan("Where is my order O-10021?")
    for kind, text in kinds(LENGTH).items():
        # What regular expressions do inside shows in the time of the longest text alone, everything else in the calls.
        assert cpu(scan, text) < SLOW or min(cpu(scan, text) for _ in range(3)) < SLOW, f"{name} with {kind}"
        # A bound of the scanner's own, such as the words that it compares, may lie between two of the lengths, not three.
        steps = (calls(scan, texts[kind]) for texts in lengths)
        assert any(after < GROWTH * before + IDLE for before, after in pairwise(steps)), f"{name} with {kind}"


def test_a_character_takes_few_steps(found: dict[str, Scan]) -> None:
    texts = kinds(FEW)
    found["entities"]("Where is my order O-10021?")
    steps = sum(calls(found["entities"], text) for text in texts.values()) / FEW / len(texts)
    assert steps < STEPS


def test_every_kind_is_as_long_as_asked() -> None:
    assert {len(text) for text in kinds(500).values()} == {500}


def test_steps_are_counted_and_a_quadratic_scanner_found_out() -> None:
    def quadratic(text: str) -> None:
        for _ in text:
            for _ in text:
                len(text)

    assert calls(quadratic, "a" * 200) > GROWTH * calls(quadratic, "a" * 100) + IDLE
