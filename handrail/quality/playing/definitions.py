"""The definitions and the graph of a release that is played: files in a folder of their own, and a module."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from handrail.definitions import Document
from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.quality.releases.loader import FILE as RELEASE

BUILDER = "build_case_graph"
FOLDERS = ("topics", "policies")
Build = Callable[[CaseNodes], CaseGraph]


def copied(folder: Path, definitions: Path) -> Path:
    """Copy the definitions to `folder`, which must not hold any yet; return it."""
    for part in FOLDERS:
        shutil.copytree(definitions / part, folder / part)
    for file in (*definitions.glob("*.yaml"), *definitions.glob("*.yml")):
        if file.name != RELEASE:  # what is being tried has not passed yet
            shutil.copy(file, folder / file.name)
    return folder


def with_prompt(file: Path, prompt: bytes) -> str:
    """Return the topic's file with another prompt. Raises: InvalidInput, DefinitionInvalid."""
    import yaml

    try:
        text = prompt.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"--prompt: byte {error.start} is not UTF-8 text. Send plain text.") from error
    found = Document.of(file, file.read_bytes()).parse(Topic)
    changed = found.model_copy(update={"prompt": text}).model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(changed, allow_unicode=True, sort_keys=False)


def builder(module: str | None) -> Build:
    """Return what builds the graph: the module's own `build_case_graph`, or the one in force.

    Raises:
        InvalidInput: there is no such module, or it has none.
        DefinitionInvalid: it cannot be imported.
    """
    if module is None:
        return build_case_graph
    try:
        found = getattr(import_module(module), BUILDER, None)
    except ModuleNotFoundError as error:
        raise InvalidInput(f"--graph: there is no module {module[:80]!r} ({error}). Name one that can be imported.") from error
    except Exception as error:
        raise DefinitionInvalid(f"--graph: {module} cannot be imported ({type(error).__name__}: {error}).") from error
    if not callable(found):
        raise InvalidInput(f"--graph: {module} has no function {BUILDER}(nodes). Write one that returns the graph.")
    return found  # type: ignore[no-any-return]


def module_version(module: str) -> str:
    """Return the hash of a module's source."""
    found = find_spec(module)
    source = Path(found.origin).read_bytes() if found and found.origin and Path(found.origin).is_file() else b""
    return hashlib.sha256(module.encode() + b"\0" + source).hexdigest()[:12]
