"""A class name that stands twice is found, wherever the two stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.docstrings import FOLDERS
from tests.guard.names import main

ROOT = Path(__file__).parents[2]
PLACES = [
    "class Case: ...\n",
    "class Outer:\n    class Case: ...\n",
    "def make() -> type:\n    class Case: ...\n\n    return Case\n",
    "if True:\n    class Case(str): ...\n",
]


@pytest.mark.parametrize("second", PLACES)
def test_a_name_in_two_modules_is_found_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("room").mkdir()
    Path("first.py").write_text(PLACES[0], encoding="utf-8")
    Path("room/second.py").write_text(f"\n{second}", encoding="utf-8")
    assert main(["first.py", "room"]) == 1
    words = capsys.readouterr().out
    line = second[: second.index("class Case")].count("\n") + 2
    assert words.startswith(f"class Case stands 2 times: first.py:1, room/second.py:{line}; give each a name")


def test_a_name_that_stands_twice_in_one_module_is_found(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("class Case: ...\n\n\nclass Case: ...\n", encoding="utf-8")
    assert main([str(path)]) == 1


@pytest.mark.parametrize("words", ["", "case = 1\n", "def case() -> None: ...\n"])
def test_nothing_to_check_is_no_success(tmp_path: Path, words: str) -> None:
    (tmp_path / "module.py").write_text(words, encoding="utf-8")
    assert main([str(tmp_path)]) == 2


def test_what_ships_has_a_name_for_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert all(Path(folder).exists() for folder in FOLDERS)
    assert main([]) == 0
