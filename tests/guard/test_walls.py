"""Import walls see packages alone: a folder of modules that is none would stand outside of them."""

from __future__ import annotations

from pathlib import Path

from tests.guard.docstrings import FOLDERS

ROOT = Path(__file__).parents[2]


def test_every_folder_of_what_ships_is_a_package() -> None:
    folders = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert len(folders) > 50
    bare = sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file())
    assert not bare, "add an __init__.py, so that the import walls hold there, too"
