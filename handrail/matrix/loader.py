"""The escalation matrix in force: one YAML file of rows, of which the first that matches decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from handrail.definitions import Document, Live, refuse
from handrail.domain.classification import OUT_OF_SCOPE, Risk
from handrail.domain.handoffs import Route
from handrail.domain.model import Model


class When(Model):
    """Each key that is given must hold the case's value; an empty `when` matches every case."""

    reason: list[str] | None = Field(default=None, min_length=1)
    topic: list[str] | None = Field(default=None, min_length=1)
    risk: list[Risk] | None = Field(default=None, min_length=1)
    language: list[str] | None = Field(default=None, min_length=1)

    def given(self) -> dict[str, frozenset[str]]:
        """The keys that are given, with their values."""
        return {key: frozenset(values) for key in type(self).model_fields if (values := getattr(self, key)) is not None}


class Row(Model):
    """Where a case goes. `priority` is 1 (first) to 5; `tell` is what the customer is told, language to sentence."""

    id: str = Field(min_length=1)
    when: When
    tier: int = Field(ge=1, le=2)
    queue: str = Field(min_length=1)
    priority: int = Field(default=3, ge=1, le=5)
    respond_within_minutes: int = Field(ge=1)
    tell: dict[str, str]

    def route(self) -> Route:
        """The row as a case sees it."""
        return Route(**self.model_dump(exclude={"id", "when"}), row=self.id)


class Table(Model):
    """The whole file."""

    version: Literal[1] = 1
    rows: list[Row] = Field(min_length=1)


class FileMatrix:
    """Implements `handrail.ports.Matrix` over a file, which is read again when it changes.

    With `topics`, a row may name only these. A change that cannot be used leaves the last good version in force and
    `problem` says why.
    """

    def __init__(self, file: Path, *, topics: Collection[str] | None = None) -> None:
        """Raises: DefinitionInvalid: there is no file, or it cannot be used; a line for each problem."""
        self._live = Live(file, lambda documents: build(documents, topics))

    @property
    def version(self) -> str:
        """The hash of the file in force."""
        return self._live.version

    @property
    def problem(self) -> str | None:
        """Why the newest edit is not in force, or None where it is."""
        return self._live.problem

    def all(self) -> list[Row]:
        """The rows in force, in their order."""
        return list(self._live.now().value)

    def route(self, *, reason: str, topic: str, risk: str, language: str) -> Route:
        """The first row that matches; the last one always does."""
        case = {"reason": reason, "topic": topic, "risk": risk, "language": language}
        rows = self._live.now().value
        return next(row for row in rows if all(case[key] in values for key, values in row.when.given().items())).route()


def build(documents: list[Document], topics: Collection[str] | None = None) -> tuple[Row, ...]:
    """The checked rows of `documents`, file by file.

    Raises:
        DefinitionInvalid: a line for each problem.
    """
    read = [(document, document.parse(Table)) for document in documents]
    rows = [(document, index, row) for document, table in read for index, row in enumerate(table.rows)]
    problems = [problem for document, index, row in rows for problem in _check(document, index, row, topics)]
    problems += _order(rows)
    refuse(problems)
    return tuple(row for _, _, row in rows)


def _check(document: Document, index: int, row: Row, topics: Collection[str] | None) -> Iterator[str]:
    if not row.tell.get("en", "").strip():
        words = f"tell: row {row.id} has no 'en'. Add the English sentence; it is said where no other language fits."
        yield document.problem(words, "rows", index, "tell")
    for language, sentence in row.tell.items():
        if language != "en" and not sentence.strip():
            yield document.problem(f"tell: {language!r} is empty. Write it or remove it.", "rows", index, "tell", language)
    known = {*topics, OUT_OF_SCOPE} if topics is not None else None
    for place, topic in enumerate(row.when.topic or []):
        if known is not None and topic not in known:
            words = f"when.topic: {topic!r} is no topic. Known: {', '.join(sorted(known))}."
            yield document.problem(words, "rows", index, "when", "topic", place)


def _order(rows: list[tuple[Document, int, Row]]) -> Iterator[str]:
    """Every case needs a row, and every row needs a case: one behind a wider one would never be reached."""
    for position, (document, index, row) in enumerate(rows):
        for _, _, before in rows[:position]:
            if before.id == row.id:
                yield document.problem(f"id: {row.id!r} stands here twice. Rename one.", "rows", index, "id")
            elif _covers(before.when, row.when):
                words = f"row {row.id} is never reached: row {before.id} before it takes all of its cases. Move it up."
                yield document.problem(words, "rows", index, "id")
                break
    document, index, last = rows[-1]
    if last.when.given():
        words = f"when: the last row, {last.id}, must take every other case. Add a row with 'when: {{}}' at the end."
        yield document.problem(words, "rows", index, "when")


def _covers(wide: When, narrow: When) -> bool:
    inner = narrow.given()
    return all(key in inner and inner[key] <= values for key, values in wide.given().items())
