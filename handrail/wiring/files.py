"""Files of a business that adapters are made of: who may decide, and what routing learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handrail.business import Business
from handrail.domain.team.reviewers import FILE
from handrail.reviewers.loader import FileReviewers
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.routing.model.artefact import Artefact


def reviewers_of(settings: Settings, folder: Path, business: Business, every: float) -> FileReviewers:
    """Return who may decide what. Raises: DefinitionInvalid."""
    return FileReviewers(
        folder / FILE, facts=business.facts, tools=business.by_name, strict=settings.reviewers_strict, every=every
    )


def trained(folder: Path | None) -> Artefact | None:
    """Load a trained router where one is named. Raises: DefinitionInvalid: see `Artefact.load`."""
    if folder is None:
        return None
    from handrail.routing.model.artefact import Artefact

    return Artefact.load(folder)
