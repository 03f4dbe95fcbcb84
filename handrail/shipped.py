"""Files of definitions that are shipped, and that a business replaces whole with a file of the same name in its folder."""

from __future__ import annotations

from pathlib import Path

from handrail.definitions import Document, files


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
