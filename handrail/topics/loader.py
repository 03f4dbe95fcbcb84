"""The topics in force: a folder with one YAML file for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from handrail.business import Kind, Tool
from handrail.definitions import Document, Live, refuse
from handrail.domain.autonomy.topics import Prefetch, Topic
from handrail.domain.case.classification import OUT_OF_SCOPE
from handrail.domain.errors import DefinitionInvalid


class FileTopics:
    """Implements `handrail.ports.Topics` over files, which are read again when they change.

    `tools` are the business's own, by name. A change that cannot be used leaves the last good version in force and
    `problem` says why.
    """

    def __init__(self, folder: Path, tools: Mapping[str, Tool], *, every: float = 0.0) -> None:
        """Raises: DefinitionInvalid: there is no file, or one of them cannot be used; a line for each problem."""
        self._live = Live(folder, lambda documents: build(documents, tools), every=every)

    @property
    def version(self) -> str:
        """The hash of the files in force."""
        return self._live.version

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem

    def get(self, name: str) -> Topic | None:
        """The topic, or None where there is no such one."""
        return self._live.now().value.get(name)

    def all(self) -> list[Topic]:
        """Every topic, by name."""
        return list(self._live.now().value.values())


def build(documents: list[Document], tools: Mapping[str, Tool]) -> dict[str, Topic]:
    """The checked topics of `documents`, by name.

    Raises:
        DefinitionInvalid: a line for each problem of each file.
    """
    problems: list[str] = []
    read: list[tuple[Document, Topic]] = []
    for document in documents:
        try:
            topic = document.parse(Topic)
        except DefinitionInvalid as error:
            problems.append(str(error))
            continue
        problems += _check(document, topic, tools)
        read.append((document, topic))
    refuse(problems + list(_shared_examples(read)))
    return {topic.name: topic for _, topic in read}


def _check(document: Document, topic: Topic, tools: Mapping[str, Tool]) -> Iterator[str]:
    stem = document.path.stem
    known = ", ".join(sorted(tools)) or "none"
    if topic.name != stem:
        words = f"name: {topic.name!r} is not the file's name. Write name: {stem}, or rename the file."
        yield document.problem(words, "name")
    if topic.name == OUT_OF_SCOPE:
        yield document.problem(f"name: {OUT_OF_SCOPE} means that no topic fits. Choose another name.", "name")
    for index, tool in enumerate(topic.tools):
        if tool not in tools:
            yield document.problem(f"tools: {tool!r} is no tool of this business. Known: {known}.", "tools", index)
        if tool in topic.tools[:index]:
            yield document.problem(f"tools: {tool!r} stands here twice. Keep one.", "tools", index)
    for index, prefetch in enumerate(topic.prefetch):
        if problem := _prefetch_problem(prefetch, tools):
            yield document.problem(f"prefetch: {problem}", "prefetch", index, "tool")
    for key in ("tools", "prefetch", "review_gate"):
        if topic.people_only and getattr(topic, key):
            yield document.problem(f"{key}: a topic for people only has none. Remove {key} or people_only.", key)
    if not topic.people_only and not topic.prompt.strip():
        yield document.problem("prompt: is empty. Say what the agent does here, or set people_only: true.", "prompt")


def _prefetch_problem(prefetch: Prefetch, tools: Mapping[str, Tool]) -> str | None:
    tool = tools.get(prefetch.tool)
    reads = ", ".join(sorted(name for name, one in tools.items() if one.kind is Kind.READ)) or "none"
    if tool is None:
        return f"{prefetch.tool!r} is no tool of this business. Known reads: {reads}."
    if tool.kind is not Kind.READ:
        return f"{prefetch.tool!r} is an effect; only reads run before the model. Known reads: {reads}."
    try:
        tool.arguments.model_validate(prefetch.arguments)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "arguments"
        return f"{prefetch.tool} does not take these arguments: {where}: {first['msg']}. Correct the arguments."
    return None


def _shared_examples(read: list[tuple[Document, Topic]]) -> Iterator[str]:
    """The router learns topics from examples: one sentence for two topics teaches nothing."""
    first: dict[str, str] = {}
    for document, topic in read:
        for index, example in enumerate(topic.examples):
            other = first.setdefault(" ".join(example.casefold().split()), topic.name)
            if other != topic.name:
                words = f"examples: {example[:60]!r} is also an example of {other}. Keep it in one of them."
                yield document.problem(words, "examples", index)
