"""`quality.yaml`: how cases are sampled and scored; the shipped one, unless the business brings its own."""

from __future__ import annotations

from pathlib import Path

from handrail.definitions import Document, Loaded, refuse
from handrail.domain.quality.samples import QualitySettings
from handrail.shipped import document_of, own_or

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
    document = document_of(quality_file(folder))
    return Loaded(read_quality([document]), document.version)


def read_quality(documents: list[Document]) -> QualitySettings:
    """Return the checked settings of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    (document,) = documents
    found = document.parse(QualitySettings)
    if found.people_minimum > found.per_day:
        words = f"people_minimum: {found.people_minimum} is more than per_day. Write {found.per_day} or less."
        refuse([document.problem(words, "people_minimum")])
    return found
