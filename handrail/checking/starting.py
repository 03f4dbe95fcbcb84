"""A small business that works, written into a folder; its files are those of `starter/`."""

from __future__ import annotations

import importlib.util
import keyword
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from handrail.domain.errors import InvalidInput

STARTER = Path(__file__).parent / "starter"
ITS_NAME = "acme"
RESERVED = frozenset(Path(__file__).with_name("reserved.txt").read_text(encoding="utf-8").split())
"""Words of SQL, and names of Handrail's own folders and schemas."""
_NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
_WORD = re.compile(rf"(?<![a-z0-9]){ITS_NAME}(?![a-z0-9])")
_LEFT_OUT = ("__pycache__",)


def write(name: str, into: Path) -> list[Path]:
    """Write the package `name` into the folder `into`, whole or not at all; its files.

    Raises:
        InvalidInput: the name cannot be that of a package and of a schema, or something stands there.
    """
    check_name(name)
    if not into.is_dir():
        raise InvalidInput(f"--into: {into} is no folder. Create it, or name another one.")
    target = into / name
    if target.exists() or target.is_symlink():
        raise InvalidInput(f"NAME: {target} is there already and is left as it is. Choose another name, or another --into.")
    if importlib.util.find_spec(name) is not None:
        raise InvalidInput(f"NAME: Python has a package {name!r} already, which would hide this one. Choose another name.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=into) as made:
            fresh = Path(made) / name
            for file, text in contents(name):
                path = fresh / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            shutil.move(fresh, target)
    except OSError as error:
        raise InvalidInput(f"--into: {into} cannot be written to ({error.strerror}). Name another folder.") from error
    return [target / file for file, _ in contents(name)]


def contents(name: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of the package `name`, from the package's folder, with its text."""
    for file in sorted(one for one in STARTER.rglob("*") if one.is_file()):
        if not any(part in _LEFT_OUT for part in file.parts):
            relative = Path(_WORD.sub(name, str(file.relative_to(STARTER))))
            yield relative, _WORD.sub(name, file.read_text(encoding="utf-8"))


def check_name(name: str) -> None:
    """Raises: InvalidInput: it is no name for a Python package that is also a PostgreSQL schema."""
    right = "Write 2 to 30 small letters, digits and '_', with a letter first, for example acme."
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"NAME: {name[:60]!r} is no name for a package. {right}")
    if keyword.iskeyword(name) or name in RESERVED or name.startswith("pg_"):
        raise InvalidInput(
            f"NAME: {name!r} is a word of Python or SQL, or taken by Handrail. Choose another, for example acme."
        )
