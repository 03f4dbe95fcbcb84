"""Suites of a business: read from a file, and played and judged as its corrections are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handrail.business import Business, Kind
from handrail.definitions import Document, Loaded, refuse
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.messages import Author
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.evaluation.corrections import (
    Correction,
    CorrectionKind,
    RecordedPreview,
    RecordedRead,
    SaidBefore,
)
from handrail.domain.quality.evaluation.suites import SuiteFile, SuiteMessage, SuiteTest

PREFIX = "suite/"
REASON = "suite"
GAVE_UP = "agent_asked"
"""The reason under which a reply is expected where the agent had none."""


def load_suite(file: Path, business: Business, topics: list[str]) -> Loaded[SuiteFile]:
    """Read a suite, and hold its names against the business.

    Raises:
        InvalidInput: the file cannot be read.
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"--suite: {file}: {error.strerror}. Name a YAML file of tests.") from error
    document = Document.of(file, content)
    found = document.parse(SuiteFile)
    refuse(list(_problems(document, found, business, topics)))
    return Loaded(found, document.version)


def _problems(document: Document, found: SuiteFile, business: Business, topics: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, test in enumerate(found.tests):
        if test.id in seen:
            yield document.problem(f"tests.{number}.id: {test.id!r} stands here twice. Rename one.", "tests", number, "id")
        seen.add(test.id)
        if test.topic not in topics:
            words = f"tests.{number}.topic: there is no topic {test.topic[:60]!r}. Known: {', '.join(sorted(topics))}."
            yield document.problem(words, "tests", number, "topic")
        for place, kind, name in _tools(test):
            known = sorted(tool.name for tool in business.by_name.values() if (tool.kind is Kind.READ) == (kind == "read"))
            if name not in known:
                words = (
                    f"tests.{number}.{'.'.join(map(str, place))}: there is no {kind} {name[:60]!r}. Known: {', '.join(known)}."
                )
                yield document.problem(words, "tests", number, *place)


def _tools(test: SuiteTest) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield where a tool is named, what it has to be, and its name."""
    for number, read in enumerate(test.reads):
        yield ("reads", number, "tool"), "read", read.tool
    for number, preview in enumerate(test.previews):
        yield ("previews", number, "action"), "effect", preview.action
    for name, effect in (("proposes", test.expect.proposes), ("never", test.expect.never)):
        if effect is not None:
            yield ("expect", name, "action"), "effect", effect.action


def as_correction(test: SuiteTest) -> Correction:
    """Return the test in the shape of a correction: played and judged by the same code."""
    return Correction(
        topic=test.topic,
        language=test.language,
        said=[_said(message) for message in test.said],
        reads=[
            RecordedRead(
                name=f"{one.tool} {' '.join(map(str, one.arguments.values()))}".strip()[:120],
                tool=one.tool,
                value=one.value,
                ok=one.ok,
            )
            for one in test.reads
        ],
        previews=[RecordedPreview(**one.model_dump()) for one in test.previews],
        **_expected(test),
    )


def _said(message: SuiteMessage) -> SaidBefore:
    if message.customer is not None:
        return SaidBefore(author=Author.CUSTOMER, text=message.customer)
    return SaidBefore(author=Author.ASSISTANT, text=message.agent or "")


def _expected(test: SuiteTest) -> dict[str, object]:
    """Return what a correction says of what was done instead."""
    wanted = test.expect
    if wanted.proposes is not None:
        effect = wanted.proposes
        return {
            "kind": CorrectionKind.EDIT,
            "action": effect.action,
            "reason": REASON,
            "proposed": {},
            "done": effect.arguments,
        }
    if wanted.never is not None:
        effect = wanted.never
        return {
            "kind": CorrectionKind.REJECTION,
            "action": effect.action,
            "reason": REASON,
            "proposed": effect.arguments,
        }
    if wanted.reply is not None:
        return {"kind": CorrectionKind.TAKEOVER, "action": SEND_REPLY, "reason": GAVE_UP, "done": {"text": wanted.reply}}
    return {"kind": CorrectionKind.TAKEOVER, "action": SEND_REPLY, "reason": REASON}
