"""`governor.yaml`: when autonomy is taken back; the shipped one, unless the business brings its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.quality.watch.drift import AlarmKind, VolumeIndicator
from handrail.domain.quality.watch.governor import GovernorDefinitions
from handrail.shipped import load_own, own_or, read_one

GOVERNOR_FILE = "governor.yaml"
SHIPPED_GOVERNOR = Path(__file__).parent / GOVERNOR_FILE


def governor_file(folder: Path) -> Path:
    """Return the business's own file, or the shipped one where it has none."""
    return own_or(SHIPPED_GOVERNOR, folder)


def load_governor(
    folder: Path, indicators: Collection[str] | None = None, topics: Collection[str] | None = None
) -> Loaded[GovernorDefinitions]:
    """Read the rules in force for the business in `folder`; names are held against `indicators` and `topics` where given.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED_GOVERNOR, folder, lambda documents: read_governor(documents, indicators, topics))


def read_governor(
    documents: list[Document], indicators: Collection[str] | None = None, topics: Collection[str] | None = None
) -> GovernorDefinitions:
    """Return the checked rules of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, GovernorDefinitions, lambda document, found: _problems(document, found, indicators, topics))


def _problems(
    document: Document, found: GovernorDefinitions, indicators: Collection[str] | None, topics: Collection[str] | None
) -> Iterator[str]:
    watched = None if indicators is None else [*indicators, *VolumeIndicator]
    for number, rule in enumerate(found.rules):
        if AlarmKind.BLAST in rule.kinds:
            words = "is the governor's own, and steps nothing down. Leave it out."
            yield document.problem(f"rules.{number}.kinds: blast {words}", "rules", number, "kinds")
        for index, name in enumerate(rule.indicators):
            if watched is not None and name not in watched:
                words = f"rules.{number}.indicators: drift.yaml watches no {name!r}. Known: {', '.join(watched)}."
                yield document.problem(words, "rules", number, "indicators", index)
        for index, topic in enumerate(rule.topics):
            if topics is not None and topic not in topics:
                words = f"rules.{number}.topics: there is no topic {topic!r} that the agent has. Known: {', '.join(topics)}."
                yield document.problem(words, "rules", number, "topics", index)
