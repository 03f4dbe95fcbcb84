"""`targets.yaml`: what the business wants of its indicators, written down before the week; customers' outcomes come first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.outcomes import Better, OutcomeDefinitions
from handrail.domain.quality.watch.indicators import OF_CUSTOMERS
from handrail.domain.quality.weekly import Targets
from handrail.shipped import load_own, own_or, read_one

TARGETS = "targets.yaml"
SHIPPED = Path(__file__).with_name(TARGETS)


def targets_file(folder: Path) -> Path:
    """Return the business's own file, or the shipped one where it has none."""
    return own_or(SHIPPED, folder)


def load_targets(folder: Path, outcomes: OutcomeDefinitions) -> Loaded[Targets]:
    """Read the targets of the business in `folder`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED, folder, lambda documents: read_targets(documents, outcomes))


def read_targets(documents: list[Document], outcomes: OutcomeDefinitions) -> Targets:
    """Return the checked targets of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, Targets, lambda document, found: _problems(document, found, outcomes))


def _problems(document: Document, found: Targets, outcomes: OutcomeDefinitions) -> Iterator[str]:
    for name in found.indicators:
        known = outcomes.indicators.get(name)
        if known is None:
            words = f"indicators.{name}: is not counted. Known: {', '.join(sorted(outcomes.indicators))}."
            yield document.problem(words, "indicators", name)
        elif known.better is Better.NONE:
            words = f"indicators.{name}: is news, neither good nor bad, so nothing can be wanted of it. Leave it out."
            yield document.problem(words, "indicators", name)
    if not OF_CUSTOMERS & set(found.indicators):
        words = (
            "indicators: all of them say what it costs or how fast it is, and both get better when customers are served "
            f"worse. Name at least one of what customers got first: {', '.join(sorted(OF_CUSTOMERS))}."
        )
        yield document.problem(words, "indicators")
        return
    first = next(iter(found.indicators))
    if first not in OF_CUSTOMERS:
        words = f"indicators.{first}: stands first, and says nothing of what customers got. Put one of those before it."
        yield document.problem(words, "indicators", first)
