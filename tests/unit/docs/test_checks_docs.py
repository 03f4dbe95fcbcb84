"""The pages of hard checks name tests that there are: each file, each folder, and each word that picks from them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "docs/building/checks.md", ROOT / "docs/operating/checks.md"]
COMMAND = re.compile(r"`pytest -q ([^`]+)`")
CHECKS = 10


def commands(page: Path) -> list[tuple[list[Path], list[str]]]:
    """The paths of each command of the page, and the words of its `-k`."""
    found = []
    for line in COMMAND.findall(page.read_text()):
        paths, _, picked = " ".join(shlex.split(line)).partition(" -k ")
        found.append(([ROOT / one for one in paths.split()], picked.split(" or ") if picked else []))
    return found


def names(path: Path) -> list[str]:
    """The tests of a file or a folder."""
    files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    return [name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_each_command_of_the_page_finds_its_tests(page: Path) -> None:
    assert len(commands(page)) >= CHECKS
    for paths, words in commands(page):
        assert all(path.exists() for path in paths), paths
        there = [name for path in paths for name in names(path)]
        assert there, paths
        for word in words:
            assert any(word in name for name in there), (paths, word)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_page_has_all_ten(page: Path) -> None:
    assert re.findall(r"^\| (\d+) \|", page.read_text(), re.MULTILINE) == [str(one) for one in range(1, CHECKS + 1)]
