"""Docstrings that do not begin with their thing are found, wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.docstrings import FOLDERS, faults, main

ROOT = Path(__file__).parents[2]
OPENINGS = [
    "What the case remembers.",
    "Whether the case is open.",
    "who may decide.",
    "Whoever has the case loses it.",
    "Whom the case waits for.",
    "Whose word a control is.",
    "Where the graph waits.",
    "How it came.",
    "However it came.",
    "Which of them holds.",
    "When the lease ends.",
    "Whenever a worker starts.",
    "Why a person must decide.",
    "That the record was rebuilt.",
    "Those that wait.",
    "It polls for work.",
    "As JSON.",
    "Of one model.",
    "For people.",
    "In one line.",
    "Into the inbox.",
    "From a list.",
    "To a person.",
    "Until the case is closed.",
    "After the verdict.",
    "Before every action.",
    "On one line.",
    "At most three.",
    "By name.",
    "Once; then never again.",
]
PLACES = [
    '"""{}"""\n',
    'class Case:\n    """{}"""\n',
    'def case() -> None:\n    """{}"""\n',
    'class Case:\n    async def case(self) -> None:\n        """\n        {}\n        """\n',
    'def outer() -> None:\n    def inner() -> None:\n        """{}\n\n        More of it.\n        """\n',
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", OPENINGS)
def test_an_opening_without_its_thing_is_found(tmp_path: Path, place: str, words: str) -> None:
    path = tmp_path / "planted.py"
    path.write_text(place.format(words), encoding="utf-8")
    (fault,) = faults(path)
    assert words in fault
    assert main([str(tmp_path)]) == 1


@pytest.mark.parametrize(
    "words",
    ["Return what was found.", "Whole cents only.", "Howls.", "On-call hours.", "Tops.", "A case. What it holds is text.", ""],
)
def test_other_openings_pass(tmp_path: Path, words: str) -> None:
    path = tmp_path / "planted.py"
    path.write_text(PLACES[2].format(words), encoding="utf-8")
    assert faults(path) == []


def test_nothing_to_check_is_no_success(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2


@pytest.mark.parametrize("name", FOLDERS)
def test_the_house_names_its_things_first(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main([name]) == 0
