"""Faults of a matrix that can be read: each a sentence with its line and what would be right."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from handrail.definitions import Document
from handrail.domain.case.classification import OUT_OF_SCOPE
from handrail.domain.text.completeness import REFERENCE
from handrail.domain.text.packs import packs
from handrail.matrix.conditions import CLOCK
from handrail.matrix.table import MatrixFile, MatrixRow

_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}|\{\{|\}\}")
IN_TELL = ("answer_by",)
IN_AWAY = ("answer_by", "opens_at")


def sentences() -> list[str]:
    """List the sentences of the language packs that a row may say: those that tell when an answer is due."""
    told = packs().by_code[REFERENCE].told
    return [name for name, sentence in told.items() if "{{answer_by}}" in sentence]


def problems(
    document: Document, table: MatrixFile, topics: Collection[str] | None, facts: Collection[str] | None
) -> Iterator[str]:
    """Everything that is wrong, in the order of the file."""
    yield from _sentences(document, table.tell, IN_TELL, "tell")
    yield from _sentences(document, table.away, IN_AWAY, "away")
    yield from _sentences(document, table.late, IN_TELL, "late")
    for index, row in enumerate(table.rows):
        yield from _row(document, index, row, topics)
        yield from _conditions(document, index, row, table, facts)
        yield from _chain(document, index, row)
    yield from _order(document, table.rows)
    yield from _examples(document, table, topics)


def _row(document: Document, index: int, row: MatrixRow, topics: Collection[str] | None) -> Iterator[str]:
    if not row.tell.get("en", "").strip() and not row.says:
        words = f"tell: row {row.id} has no 'en'. Add the English sentence, or name one of the language packs with says."
        yield document.problem(words, "rows", index, "tell")
    if row.says and row.says not in sentences():
        words = f"says: {row.says!r} is no sentence of the language packs. Known: {', '.join(sentences())}."
        yield document.problem(words, "rows", index, "says")
    for language, sentence in row.tell.items():
        if language != "en" and not sentence.strip():
            yield document.problem(f"tell: {language!r} is empty. Write it or remove it.", "rows", index, "tell", language)
    yield from _sentences(document, row.tell, IN_TELL, "rows", index, "tell")
    for place, topic in enumerate(row.when.topic or []):
        yield from _topic(document, topic, topics, "when.topic", "rows", index, "when", "topic", place)


def _topic(document: Document, topic: str, topics: Collection[str] | None, name: str, *at: str | int) -> Iterator[str]:
    known = {*topics, OUT_OF_SCOPE} if topics is not None else {topic}
    if topic not in known:
        yield document.problem(f"{name}: {topic!r} is no topic. Known: {', '.join(sorted(known))}.", *at)


def _sentences(document: Document, told: dict[str, str], known: Collection[str], *at: str | int) -> Iterator[str]:
    """Placeholders that nobody fills would reach the customer."""
    if told and at[0] != "rows" and not told.get("en", "").strip():
        yield document.problem(f"{at[-1]}: has no 'en'. Add the English sentence.", *at)
    for language, sentence in told.items():
        for found in _PLACEHOLDER.finditer(sentence):
            if found[1] not in known:
                names = ", ".join("{{" + name + "}}" for name in known)
                words = f"{at[-1]}.{language}: {found[0][:40]!r} is filled in by nobody. Known here: {names}."
                yield document.problem(words, *at, language)


def _conditions(
    document: Document, index: int, row: MatrixRow, table: MatrixFile, facts: Collection[str] | None
) -> Iterator[str]:
    given = row.when.given()
    for key in CLOCK:
        if key in given and table.hours is None:
            words = f"when.{key}: goes by the hours of the business, and the file has none. Add 'hours:' with zone and open."
            yield document.problem(words, "rows", index, "when", key)
    for name in row.when.customer or {}:
        if facts is not None and name not in facts:
            known = ", ".join(sorted(facts)) or "none, this business tells nothing of its customers"
            words = f"when.customer: {name!r} is no fact of a customer. Known: {known}."
            yield document.problem(words, "rows", index, "when", "customer", name)


def _chain(document: Document, index: int, row: MatrixRow) -> Iterator[str]:
    """A case that nobody answers goes up, and to somebody else."""
    tier, queue = row.tier, row.queue
    for place, step in enumerate(row.then or []):
        if step.tier < tier:
            words = f"then: from tier {tier} down to tier {step.tier}. A case never goes down; name tier {tier} or above."
            yield document.problem(words, "rows", index, "then", place)
        elif (step.tier, step.queue) == (tier, queue):
            words = f"then: tier {tier}, queue {queue} has the case already. Name somebody else."
            yield document.problem(words, "rows", index, "then", place)
        tier, queue = step.tier, step.queue


def _order(document: Document, rows: list[MatrixRow]) -> Iterator[str]:
    """Every case needs a row, and every row needs a case: one behind a wider one would never be reached."""
    for index, row in enumerate(rows):
        for before in rows[:index]:
            if before.id == row.id:
                yield document.problem(f"id: {row.id!r} stands here twice. Rename one.", "rows", index, "id")
            elif before.when.cover(row.when):
                words = f"row {row.id} is never reached: row {before.id} before it takes all of its cases. Move it up."
                yield document.problem(words, "rows", index, "id")
                break
    last = rows[-1]
    if last.when.given():
        words = f"when: the last row, {last.id}, must take every other case. Add a row with 'when: {{}}' at the end."
        yield document.problem(words, "rows", len(rows) - 1, "when")


def _examples(document: Document, table: MatrixFile, topics: Collection[str] | None) -> Iterator[str]:
    known = [row.id for row in table.rows]
    for index, example in enumerate(table.examples):
        if example.case.topic:
            yield from _topic(document, example.case.topic, topics, "case.topic", "examples", index, "case", "topic")
        if example.row not in known:
            words = f"row: {example.row!r} is no row. Known: {', '.join(known)}."
            yield document.problem(words, "examples", index, "row")
