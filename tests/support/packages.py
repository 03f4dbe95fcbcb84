"""Business packages in temporary folders, imported and forgotten again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handrail.checking.starting import write


class Package:
    """The package that `handrail business new` writes, in a folder in which a person works."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        write(name, folder)
        self.folder = folder / name

    def change(self, file: str, old: str, new: str) -> int:
        """Put `new` in the place of `old`; the line at which it begins."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new))
        importlib.invalidate_caches()
        return text[: text.index(old)].count("\n") + 1


@contextmanager
def package(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "acme") -> Iterator[Package]:
    """Write it, work in its folder, and take it out of Python's memory afterwards."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = list(sys.path)
    yield Package(folder, name)
    sys.path[:] = path
    for one in list(sys.modules):
        if one.split(".")[0] == name:
            del sys.modules[one]
    importlib.invalidate_caches()
