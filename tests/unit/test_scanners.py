"""No text makes anything that reads it slow: four times as much takes some four times as long, not sixteen."""

from __future__ import annotations

import pytest

from handrail.drills.kinds import LENGTH, kinds
from handrail.drills.scanners import Scan, cpu, scanners
from handrail.shop import business

FEW = LENGTH // 4
UNSEEN = 12.0
"""Milliseconds below which a ratio says nothing on a busy machine."""
MOST = 9.0


@pytest.fixture(scope="module")
def found() -> dict[str, Scan]:
    return scanners(business, business.folder)


@pytest.mark.parametrize(
    "name",
    [
        *("check", "cards", "sentences", "mentions", "entities", "quotes", "patience", "rules", "wish", "language", "mood"),
        *("complexity", "router"),
    ],
)
def test_work_grows_with_the_text_and_no_faster(name: str, found: dict[str, Scan]) -> None:
    scan, few, many = found[name], kinds(FEW), kinds(LENGTH)
    scan("Where is my order O-10021?")
    for kind, text in many.items():
        took = cpu(scan, text)
        if took < UNSEEN:
            continue
        before = min(cpu(scan, few[kind]) for _ in range(3))
        assert min(took, cpu(scan, text), cpu(scan, text)) < MOST * max(before, 1.0), f"{name} with {kind}"


def test_every_kind_is_as_long_as_asked() -> None:
    assert {len(text) for text in kinds(500).values()} == {500}
