"""The files of a shadow's candidate: read as they are asked for, and laid out in a folder of their own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import InvalidInput
from handrail.domain.rollout.ramps import Candidate
from handrail.domain.rollout.shadows import ShadowCandidate
from handrail.quality.playing.definitions import FOLDERS, builder, copied, with_prompt
from handrail.quality.rollout.candidate import read_candidate

FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}\.ya?ml")
LONGEST = 200_000
"""Characters of one file."""
MAY = "Name another --model, --model-url, --prompts, --topics, --policies or --graph"


def read_shadow_candidate(
    wanted: Candidate,
    prompts: Path | None,
    topics: Path | None,
    policies: Path | None,
    graph: str | None,
    known: Sequence[Topic],
) -> ShadowCandidate:
    """Read a candidate; `wanted` names its model and server, `prompts` is as for a ramp, the others are whole folders.

    Raises:
        InvalidInput: it differs in nothing; a folder or a file of one cannot be used; there is no such graph.
        DefinitionInvalid: a topic's file cannot be read, or the graph cannot be imported.
    """
    if prompts is not None and topics is not None:
        raise InvalidInput("--topics: brings every topic with its prompt. Leave --prompts out, or put them into the topics.")
    own = wanted
    if wanted != Candidate() or prompts is not None:
        own = read_candidate(wanted.model, wanted.model_url, prompts, known)
    builder(graph)
    found = ShadowCandidate(
        **own.model_dump(),
        topics={} if topics is None else _files("--topics", topics),
        policies={} if policies is None else _files("--policies", policies),
        graph=graph,
    )
    if not found.differs:
        raise InvalidInput(f"start: the candidate differs in nothing from what is in force. {MAY}.")
    return found


def _files(option: str, folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise InvalidInput(f"{option}: {folder} is no folder. Name one with all its YAML files.")
    found = {}
    for file in sorted(folder.iterdir()):
        if file.name.startswith("."):
            continue
        if not file.is_file() or not FILE.fullmatch(file.name):
            raise InvalidInput(f"{option}: {file.name} is no YAML file. Leave only the definitions in the folder.")
        try:
            found[file.name] = file.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{option}: {file.name}: byte {error.start} is not UTF-8 text.") from error
        if len(found[file.name]) > LONGEST:
            raise InvalidInput(f"{option}: {file.name} is longer than {LONGEST} characters.")
    if not found:
        raise InvalidInput(f"{option}: {folder} holds no file. Name one with all its YAML files.")
    return found


def lay_out(folder: Path, candidate: ShadowCandidate, definitions: Path) -> Path:
    """Lay the candidate's definitions out in `folder`, which must not hold any yet; return it.

    Raises:
        DefinitionInvalid: a topic whose prompt is another is not in force any more.
    """
    copied(folder, definitions)
    for part in FOLDERS:
        files: dict[str, str] = getattr(candidate, part)
        if files:
            shutil.rmtree(folder / part)
            (folder / part).mkdir()
        for name, text in files.items():
            (folder / part / name).write_text(text, encoding="utf-8")
    for topic, prompt in candidate.prompts.items():
        file = _file_of(folder / "topics", topic)
        file.write_text(with_prompt(file, prompt.encode()), encoding="utf-8")
    return folder


def _file_of(topics: Path, name: str) -> Path:
    for suffix in (".yaml", ".yml"):
        if (topics / f"{name}{suffix}").is_file():
            return topics / f"{name}{suffix}"
    raise InvalidInput(f"The candidate's prompt is of the topic {name!r}, which is not in force any more.")
