"""Reads one part of a package, so that each problem is a finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from handrail.checking.findings import CheckPart, Collector
from handrail.definitions import Document, files
from handrail.domain.errors import DefinitionInvalid
from handrail.policies.sets import document

T = TypeVar("T")


def read_part(part: CheckPart, path: Path, found: Collector, build: Callable[[list[Document]], T]) -> T | None:
    """Return what the files of the path make, or None where they have problems."""
    try:
        return build([document(one) for one in files(path)])
    except DefinitionInvalid as error:
        found.placed(part, str(error), path)
        return None
