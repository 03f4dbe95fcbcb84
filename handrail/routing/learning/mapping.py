"""A mapping from the labels of a data set to a business's topics: many labels may be one topic, or out of scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document
from handrail.domain.base import Model
from handrail.domain.errors import InvalidInput
from handrail.routing.learning.labelled import OUTSIDE, Labelled


class LabelFile(Model):
    """`labels: {lost_or_stolen_card: fraud, exchange_rate: oos}`."""

    labels: dict[str, str] = Field(min_length=1)


def mapping(pairs: Sequence[str], file: Path | None, known: Collection[str]) -> dict[str, str]:
    """Label to topic, from a file and from `label=topic` pairs, which count over the file.

    Raises:
        InvalidInput: a pair without '=', or a label that the data does not have.
        DefinitionInvalid: the file cannot be used.
    """
    found = _read(file) if file is not None else {}
    for pair in pairs:
        label, equals, topic = (part.strip() for part in pair.rpartition("="))
        if not (label and equals and topic):
            raise InvalidInput(f"--map: {pair[:80]!r} names no label and topic. Write --map lost_or_stolen_card=fraud.")
        found[label] = topic
    unknown = sorted(set(found) - set(known))
    if unknown:
        names = ", ".join(sorted(known)[:100])
        raise InvalidInput(f"--map: {unknown[0]!r} is no label of the data. Known: {names}.")
    return found


def renamed(rows: Sequence[Labelled], topics: Mapping[str, str]) -> list[Labelled]:
    """The rows, those whose label is mapped to out of scope labelled so; finer labels stay, they are easier to tell apart."""
    return [replace(row, label=OUTSIDE) if topics.get(row.label) == OUTSIDE else row for row in rows]


def _read(path: Path) -> dict[str, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"--labels: {path} cannot be read ({error.strerror}). Name a YAML file.") from error
    return dict(Document.of(path, content).parse(LabelFile).labels)
