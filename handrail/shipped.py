"""Files of definitions that are shipped, and that a business replaces whole with a file of the same name in its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from handrail.definitions import Document, Loaded, files, refuse

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def own_or(shipped: Path, folder: Path) -> Path:
    """Return the business's own file in `folder`, or the shipped one where it has none."""
    own = folder / shipped.name
    return own if own.exists() else shipped


def document_of(file: Path) -> Document:
    """Read the file.

    Raises:
        DefinitionInvalid: there is none, or it is no YAML.
    """
    (path,) = files(file)
    return Document.of(path, path.read_bytes())


def load_own(shipped: Path, folder: Path, read: Callable[[list[Document]], T]) -> Loaded[T]:
    """Read what is in force for the business in `folder`: its own file, or the shipped one.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    document = document_of(own_or(shipped, folder))
    return Loaded(read([document]), document.version)


def read_one(documents: list[Document], kind: type[M], problems: Callable[[Document, M], Iterable[str]]) -> M:
    """Return what the one document says, checked by `problems`, which yields a line for each.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    (document,) = documents
    found = document.parse(kind)
    refuse(list(problems(document, found)))
    return found
