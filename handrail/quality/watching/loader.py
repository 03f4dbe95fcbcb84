"""`drift.yaml`: what is watched, and how many false alarms the whole system may raise."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.outcomes import OutcomeDefinitions, Statistic
from handrail.domain.quality.watch.drift import DriftDefinitions
from handrail.shipped import document_of, own_or, read_one

DRIFT = "drift.yaml"
SHIPPED_DRIFT = Path(__file__).parent / DRIFT
MOST_HOURS = 72
"""A rise that is known later than this leads nowhere in time."""
MOST_HOURS_OF_FALL = 168
"""What customers say is known after a week, and nothing tells earlier that they say it less often."""


def drift_file(folder: Path) -> Path:
    """Return the business's own file, or the shipped one where it has none."""
    return own_or(SHIPPED_DRIFT, folder)


def load_drift(
    folder: Path, outcomes: OutcomeDefinitions, criteria: Collection[str] | None = None
) -> Loaded[DriftDefinitions]:
    """Read what is watched for the business in `folder`; judged criteria are held against `criteria` where given.

    The shipped file watches of its indicators those that `outcomes.yaml` counts, and of its criteria those of the rubric.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    document = document_of(drift_file(folder))
    if document.path != SHIPPED_DRIFT:
        return Loaded(read_drift([document], outcomes, criteria), document.version)
    found = document.parse(DriftDefinitions)
    kept = {name: one for name, one in found.indicators.items() if _fault(name, outcomes) is None}
    falling = {name: one for name, one in found.falling.items() if _fault(name, outcomes, MOST_HOURS_OF_FALL) is None}
    judged = {name: one for name, one in found.judged.items() if criteria is None or name in criteria}
    return Loaded(found.model_copy(update={"indicators": kept, "falling": falling, "judged": judged}), document.version)


def read_drift(
    documents: list[Document], outcomes: OutcomeDefinitions, criteria: Collection[str] | None = None
) -> DriftDefinitions:
    """Return the checked definitions of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, DriftDefinitions, lambda document, found: _problems(document, found, outcomes, criteria))


def _problems(
    document: Document, found: DriftDefinitions, outcomes: OutcomeDefinitions, criteria: Collection[str] | None
) -> Iterator[str]:
    for name in found.judged:
        if criteria is not None and name not in criteria:
            words = f"judged.{name}: rubric.yaml has no such criterion. Known: {', '.join(sorted(criteria))}."
            yield document.problem(words, "judged", name)
    for name in found.indicators:
        if fault := _fault(name, outcomes):
            yield document.problem(f"indicators.{name}: {fault}", "indicators", name)
    for name in found.falling:
        if fault := _fault(name, outcomes, MOST_HOURS_OF_FALL):
            yield document.problem(f"falling.{name}: {fault}", "falling", name)


def _fault(name: str, outcomes: OutcomeDefinitions, most_hours: float = MOST_HOURS) -> str | None:
    wanted = outcomes.indicators.get(name)
    if wanted is None:
        return f"outcomes.yaml does not count that. Known: {', '.join(sorted(outcomes.indicators))}."
    if wanted.statistic is not Statistic.RATE:
        return "is no share of cases. Name an indicator whose statistic is 'rate'."
    if wanted.matures_after_hours > most_hours:
        return f"is known only after {wanted.matures_after_hours:g} hours. Name one that matures within {most_hours:g}."
    return None
