"""Named queries: `-- name: insert_case` starts a block in a file of `sql/`, the next name or the file's end closes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from handrail.domain.errors import DefinitionInvalid

_NAME = re.compile(r"^-- name:(?P<name>.*)$", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z0-9_]*")
NAMES: dict[bytes, str] = {}
"""The name of each query that was read, by its SQL."""


class Queries(Mapping[str, bytes]):
    """Every query of a folder's `*.sql`, name to SQL as bytes, which psycopg takes as it is.

    Raises:
        DefinitionInvalid: a name that is none or comes twice, SQL before the first name, an empty query, an empty
            folder; on look-up, a name that no file has.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._queries: dict[str, bytes] = {}
        for file in sorted(folder.glob("*.sql")):
            self._read(file)
        if not self._queries:
            raise DefinitionInvalid(f"{folder}: holds no named queries; expected *.sql files with '-- name: …' lines.")

    def __getitem__(self, name: str) -> bytes:
        if name not in self._queries:
            raise DefinitionInvalid(f"no query is named {name!r} in {self._folder.name}/; known: {', '.join(sorted(self))}.")
        return self._queries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)

    def _read(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        marks = list(_NAME.finditer(text))
        if text[: marks[0].start() if marks else None].strip():
            raise DefinitionInvalid(f"{file.name}:1: has SQL before the first '-- name: …' line; give it a name.")
        bounds = [*(mark.start() for mark in marks), len(text)]
        for mark, end in zip(marks, bounds[1:], strict=True):
            line = text.count("\n", 0, mark.start()) + 1
            self._add(f"{file.name}:{line}", mark["name"].strip(), text[mark.end() : end].strip())

    def _add(self, where: str, name: str, sql: str) -> None:
        if not _WORD.fullmatch(name):
            raise DefinitionInvalid(f"{where}: {name!r} is no name; use lower-case letters, digits and '_'.")
        if name in self._queries:
            raise DefinitionInvalid(f"{where}: the name {name!r} is taken; rename one.")
        if not sql:
            raise DefinitionInvalid(f"{where}: {name} is empty; write its SQL or delete the line.")
        self._queries[name] = sql.encode()
        NAMES[self._queries[name]] = name


QUERIES = Queries(Path(__file__).parent / "sql")
