"""A candidate as it is asked for: what it may differ in is read, and everything else is refused with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from handrail.definitions import Document
from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import InvalidInput
from handrail.domain.rollout.ramps import Candidate

YAML, TEXT = (".yaml", ".yml"), (".txt", ".md")
MAY = "A candidate may differ in the model, its server and the prompts of topics"
LONGEST = 40_000
"""Characters of one prompt."""


def read_candidate(model: str | None, model_url: str | None, prompts: Path | None, topics: Sequence[Topic]) -> Candidate:
    """Read a candidate. `prompts` is a folder with a file for each topic whose prompt is another: TOPIC.yaml or TOPIC.txt.

    Raises:
        InvalidInput: it differs in nothing, or in something that holds for all customers alike.
        DefinitionInvalid: a topic's file cannot be read.
    """
    known = {one.name: one for one in topics}
    found = {} if prompts is None else dict(_prompts(prompts, known))
    candidate = Candidate(model=model, model_url=_address(model_url), prompts=found)
    if candidate == Candidate():
        raise InvalidInput(f"start: the candidate differs in nothing from what is in force. {MAY}.")
    return candidate


def _address(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"--model-url: {url[:80]!r} is no address of a server. Give one such as https://models.example/v1.")
    if parts.username or parts.password or parts.query:
        words = "holds a name, a password or a query, and a candidate is kept where people read it. Leave them out"
        raise InvalidInput(f"--model-url: {words}; HANDRAIL_MODEL_HEADERS and OPENAI_API_KEY go with the calls.")
    return url


def _prompts(folder: Path, known: Mapping[str, Topic]) -> Iterator[tuple[str, str]]:
    if not folder.is_dir():
        raise InvalidInput(f"--prompts: {folder} is no folder. Name one with a file for each topic whose prompt is another.")
    for file in sorted(folder.iterdir()):
        if file.name.startswith("."):
            continue
        if file.is_dir() or file.suffix not in (*YAML, *TEXT):
            words = (
                "policies, matrix, risks, graph and router hold for all customers alike, and are evaluated and put in force"
            )
            raise InvalidInput(f"--prompts: {file.name} is no topic's prompt. {MAY}; {words}.")
        name = file.stem
        if name not in known:
            raise InvalidInput(f"--prompts: {file.name}: there is no topic {name[:60]!r}. Known: {', '.join(sorted(known))}.")
        if known[name].people_only:
            raise InvalidInput(f"--prompts: {file.name}: {name} is for people only, so no prompt of it is ever used.")
        prompt = _of_file(file, known[name])
        if prompt.strip() != known[name].prompt.strip():  # an empty line at the end of a text file is no other prompt
            yield name, prompt


def _of_file(file: Path, topic: Topic) -> str:
    content = file.read_bytes()
    if file.suffix in TEXT:
        try:
            prompt = content.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"--prompts: {file.name}: byte {error.start} is not UTF-8 text.") from error
    else:
        wanted = Document.of(file, content).parse(Topic)
        other = [name for name in Topic.model_fields if name != "prompt" and getattr(wanted, name) != getattr(topic, name)]
        if other:
            words = f"{file.name} differs in {', '.join(other)}, too. Put that in force for everybody, or leave it as it is"
            raise InvalidInput(f"--prompts: {words}. {MAY}.")
        prompt = wanted.prompt
    if not prompt.strip() or len(prompt) > LONGEST:
        raise InvalidInput(f"--prompts: {file.name}: {len(prompt)} characters are no prompt. Write 1 to {LONGEST}.")
    return prompt
