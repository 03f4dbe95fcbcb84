"""`outcomes.yaml`: what is counted of cases; the shipped one, unless the business brings its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.outcomes import CHANNEL, OutcomeDefinitions, Statistic
from handrail.domain.quality.watch.indicators import INDICATORS
from handrail.shipped import load_own, own_or, read_one

OUTCOMES = "outcomes.yaml"
SHIPPED = Path(__file__).parent / OUTCOMES


def outcomes_file(folder: Path) -> Path:
    """Return the business's own file, or the shipped one where it has none."""
    return own_or(SHIPPED, folder)


def load_outcomes(folder: Path) -> Loaded[OutcomeDefinitions]:
    """Read the definitions in force for the business in `folder`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED, folder, read_outcomes)


def read_outcomes(documents: list[Document]) -> OutcomeDefinitions:
    """Return the checked definitions of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, OutcomeDefinitions, _problems)


def _problems(document: Document, found: OutcomeDefinitions) -> Iterator[str]:
    for index, channel in enumerate(found.excluded_channels):
        if not re.fullmatch(CHANNEL, channel):
            words = f"excluded_channels: {channel[:60]!r} is no channel. Write its name, for example 'drill'."
            yield document.problem(words, "excluded_channels", index)
    for name, wanted in found.indicators.items():
        view = INDICATORS.get(name)
        if view is None:
            words = f"indicators.{name}: no view of the record counts that. Known: {', '.join(sorted(INDICATORS))}."
            yield document.problem(words, "indicators", name)
            continue
        if view.share != (wanted.statistic is Statistic.RATE):
            right = "'rate'" if view.share else "'mean' or 'median'"
            words = f"indicators.{name}.statistic: {wanted.statistic.value!r} is not what the view gives. Write {right}."
            yield document.problem(words, "indicators", name, "statistic")
        if wanted.matures_after_hours < view.ahead:
            words = (
                f"indicators.{name}.matures_after_hours: {wanted.matures_after_hours:g} is too soon, for the view looks "
                f"{view.ahead} hours ahead. Write {view.ahead} or more."
            )
            yield document.problem(words, "indicators", name, "matures_after_hours")
