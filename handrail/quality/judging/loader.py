"""`rubric.yaml` and `canary.yaml`: the shipped ones, unless the business brings its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from handrail.definitions import Document, Loaded
from handrail.domain.quality.judge.canary import CanaryFile
from handrail.domain.quality.judge.rubric import NAME, Rubric
from handrail.shipped import load_own, own_or, read_one

RUBRIC, CANARY = "rubric.yaml", "canary.yaml"
SHIPPED = Path(__file__).parent


def rubric_file(folder: Path) -> Path:
    """Return the business's own rubric, or the shipped one where it has none."""
    return own_or(SHIPPED / RUBRIC, folder)


def canary_file(folder: Path) -> Path:
    """Return the business's own canary prompts, or the shipped ones where it has none."""
    return own_or(SHIPPED / CANARY, folder)


def load_rubric(folder: Path) -> Loaded[Rubric]:
    """Read the rubric in force for the business in `folder`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED / RUBRIC, folder, read_rubric)


def load_canary(folder: Path) -> Loaded[CanaryFile]:
    """Read the canary prompts in force for the business in `folder`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return load_own(SHIPPED / CANARY, folder, read_canary)


def read_rubric(documents: list[Document], topics: Collection[str] | None = None) -> Rubric:
    """Return the checked rubric of the one document; `topics` are those that the business has, where they are known.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, Rubric, lambda document, found: _problems(document, found, topics))


def read_canary(documents: list[Document]) -> CanaryFile:
    """Return the checked canary prompts of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    (document,) = documents
    return document.parse(CanaryFile)


def _problems(document: Document, found: Rubric, topics: Collection[str] | None) -> Iterator[str]:
    asked: dict[str, str] = {}
    for name, criterion in found.criteria.items():
        if not re.fullmatch(NAME, name):
            words = f"criteria: {name[:60]!r} is no name. Use lower-case letters, digits and '_', at most 40."
            yield document.problem(words, "criteria", name)
        question = " ".join(criterion.question.split()).casefold()
        other = asked.setdefault(question, name)
        if other != name:
            words = f"criteria.{name}.question: is that of {other} already. Ask each thing once."
            yield document.problem(words, "criteria", name, "question")
        if not criterion.question.rstrip().endswith("?"):
            words = f"criteria.{name}.question: is no question. End it with a question mark; a yes must be good."
            yield document.problem(words, "criteria", name, "question")
        for index, topic in enumerate(criterion.topics):
            if topics is not None and topic not in topics:
                words = f"criteria.{name}.topics: there is no topic {topic[:60]!r}. Known: {', '.join(sorted(topics))}."
                yield document.problem(words, "criteria", name, "topics", index)
