"""The page of hard checks names tests that there are: each file, each folder, and each word that picks from them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/building/checks.md"
COMMAND = re.compile(r"`pytest -q ([^`]+)`")
CHECKS = 10


def commands() -> list[tuple[list[Path], list[str]]]:
    """The paths of each command, and the words of its `-k`."""
    found = []
    for line in COMMAND.findall(PAGE.read_text()):
        paths, _, picked = " ".join(shlex.split(line)).partition(" -k ")
        found.append(([ROOT / one for one in paths.split()], picked.split(" or ") if picked else []))
    return found


def names(path: Path) -> list[str]:
    """The tests of a file or a folder."""
    files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    return [name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())]


def test_each_command_of_the_page_finds_its_tests() -> None:
    assert len(commands()) >= CHECKS
    for paths, words in commands():
        assert all(path.exists() for path in paths), paths
        there = [name for path in paths for name in names(path)]
        assert there, paths
        for word in words:
            assert any(word in name for name in there), (paths, word)


def test_the_page_has_all_ten() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE) == [str(one) for one in range(1, CHECKS + 1)]
