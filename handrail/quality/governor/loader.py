"""`governor.yaml`: when autonomy is taken back; the shipped one, unless the business brings its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded, refuse
from handrail.domain.quality.drift import AlarmKind, VolumeIndicator
from handrail.domain.quality.governor import GovernorDefinitions
from handrail.shipped import document_of, own_or

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
    document = document_of(governor_file(folder))
    return Loaded(read_governor([document], indicators, topics), document.version)


def read_governor(
    documents: list[Document], indicators: Collection[str] | None = None, topics: Collection[str] | None = None
) -> GovernorDefinitions:
    """Return the checked rules of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    (document,) = documents
    found = document.parse(GovernorDefinitions)
    refuse(list(_problems(document, found, indicators, topics)))
    return found


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
