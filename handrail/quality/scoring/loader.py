"""`quality.yaml`: how cases are sampled and scored; the shipped one, unless the business brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.quality.samples import QualitySettings
from handrail.shipped import load_own, own_or, read_one

QUALITY = "quality.yaml"
SHIPPED = Path(__file__).parent / QUALITY


def quality_file(folder: Path) -> Path:
    """Return the business's own file, or the shipped one where it has none."""
    return own_or(SHIPPED, folder)


def load_quality(folder: Path) -> Loaded[QualitySettings]:
    """Read the settings in force for the business in `folder`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED, folder, read_quality)


def read_quality(documents: list[Document]) -> QualitySettings:
    """Return the checked settings of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, QualitySettings, _problems)


def _problems(document: Document, found: QualitySettings) -> Iterator[str]:
    if found.people_minimum > found.per_day:
        words = f"people_minimum: {found.people_minimum} is more than per_day. Write {found.per_day} or less."
        yield document.problem(words, "people_minimum")
