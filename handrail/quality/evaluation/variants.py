"""Variants to evaluate: what is in force, or the same with another model, prompt, policies or graph; files are copied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from handrail.definitions import Document
from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import InvalidInput
from handrail.quality.playing.definitions import copied, with_prompt
from handrail.settings import Settings

TOPIC_FILES = (".yaml", ".yml")
TEXTS = (".txt", ".md")
"""Endings of bare prompts in a folder, each named after its topic."""


@dataclass(frozen=True, slots=True)
class WantedVariant:
    """A variant as it is asked for; what is None is as in force."""

    model: str | None = None
    model_url: str | None = None
    prompt: Path | None = None
    topic: str | None = None
    policy: Path | None = None
    graph: str | None = None

    @property
    def different(self) -> bool:
        """True if anything is another than in force."""
        return any((self.model, self.model_url, self.prompt, self.policy, self.graph))


def laid_out(folder: Path, wanted: WantedVariant, definitions: Path) -> Path:
    """Copy the definitions in force to `folder`, with the wanted prompt and policies in place; return the folder.

    Raises:
        InvalidInput: a file or folder is not there, or it is not said which topic a prompt is of.
        DefinitionInvalid: a topic's file cannot be read.
    """
    copied(folder, definitions)
    if wanted.policy is not None:
        if not wanted.policy.is_dir():
            raise InvalidInput(f"--policy: {wanted.policy} is no folder. Name one with the policies' YAML files.")
        shutil.rmtree(folder / "policies")
        shutil.copytree(wanted.policy, folder / "policies")
    if wanted.prompt is not None and wanted.prompt.is_dir():
        _put_prompts(folder / "topics", wanted.prompt, wanted.topic)
    elif wanted.prompt is not None:
        _put_prompt(folder / "topics", wanted.prompt, wanted.topic)
    return folder


def _put_prompts(topics: Path, prompts: Path, topic: str | None) -> None:
    """Put every prompt of a folder in its place; topics that it does not name stay as they are."""
    if topic is not None:
        raise InvalidInput(
            f"--topic: {prompts} is a folder, whose files say themselves of which topic they are. Leave it out."
        )
    found = sorted(file for file in prompts.iterdir() if file.suffix in (*TOPIC_FILES, *TEXTS))
    if not found:
        words = f"holds no prompt. Put topics' files ({' '.join(TOPIC_FILES)}) there, or texts such as refund.txt."
        raise InvalidInput(f"--prompt: {prompts} {words}")
    placed: dict[str, Path] = {}
    for file in found:
        name = _put_prompt(topics, file, None)
        if name in placed:
            raise InvalidInput(f"--prompt: {placed[name].name} and {file.name} are both of the topic {name}. Keep one.")
        placed[name] = file


def _put_prompt(topics: Path, prompt: Path, topic: str | None) -> str:
    """Put a prompt in its place; return its topic. A bare text is of the topic that is named, else of its file's name."""
    try:
        content = prompt.read_bytes()
    except OSError as error:
        raise InvalidInput(f"--prompt: {prompt}: {error.strerror}. Name a topic's YAML file, or a text.") from error
    if prompt.suffix in TOPIC_FILES:
        found = Document.of(prompt, content).parse(Topic)
        (topics / f"{found.name}.yaml").write_bytes(content)
        return found.name
    name = topic or prompt.stem
    file = topics / f"{name}.yaml"
    if not file.is_file():
        names = ", ".join(sorted(known.stem for known in topics.glob("*.yaml")))
        if topic is None:
            words = f"is no topic's name, so --topic has to say whose prompt {prompt.name} is"
            raise InvalidInput(f"--topic: is missing; {prompt.stem[:60]!r} {words}. Known: {names}.")
        raise InvalidInput(f"--topic: there is no topic {topic[:60]!r}. Known: {names}.")
    file.write_text(with_prompt(file, content), encoding="utf-8")
    return name


def set_up(settings: Settings, wanted: WantedVariant, folder: Path) -> Settings:
    """Return the settings of the variant over the laid-out definitions."""
    changes = {"definitions": folder}
    if wanted.model:
        changes["model"] = wanted.model  # type: ignore[assignment]
    if wanted.model_url:
        changes["openai_base_url"] = wanted.model_url  # type: ignore[assignment]
    return settings.model_copy(update=changes)
