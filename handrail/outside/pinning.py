"""Pins: what a person saw of each tool and agreed to, kept whole beside `tools.yaml` and held against what is there now."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from handrail.domain.base import Model, digest
from handrail.domain.errors import DefinitionInvalid

LOCK_FILE = "tools.lock.json"
SHOWN = 16
"""Hex digits of a hash that people see and type."""


class ToolDefinition(Model):
    """A tool as its server describes it. `call` is how an OpenAPI operation is called: method, path, where arguments go.

    What a server says of itself beside it (annotations, titles, icons) is neither kept nor believed.
    """

    name: str
    description: str = ""
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    call: dict[str, Any] | None = None

    @cached_property
    def hash(self) -> str:
        """SHA-256 in hex of all of it."""
        return digest(self.model_dump(mode="json"))


class Pin(Model):
    """A tool's definition as a named person pinned it."""

    server: str
    hash: str
    pinned_by: str = Field(min_length=1)
    pinned_at: datetime
    definition: ToolDefinition


class Pins(Model):
    """All pins, by the name of the tool in `tools.yaml`."""

    version: int = 1
    tools: dict[str, Pin] = Field(default_factory=dict)


def read_pins(folder: Path) -> Pins:
    """Read the pins; none where there is no file.

    Raises:
        DefinitionInvalid: it cannot be read, or a hash in it is not that of its definition.
    """
    file = folder / LOCK_FILE
    if not file.exists():
        return Pins()
    again = "Restore the file, or delete it and pin each tool again with `handrail tools pin`."
    try:
        found = Pins.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise DefinitionInvalid(f"{file}:1: cannot be used ({type(error).__name__}). {again}") from error
    wrong = [name for name, pin in found.tools.items() if pin.hash != pin.definition.hash]
    if wrong:
        raise DefinitionInvalid(f"{file}:1: {wrong[0]} was changed by hand: its hash is another one. {again}")
    return found


def write_pin(folder: Path, name: str, pin: Pin) -> Path:
    """Add or replace one pin; readers see the old file or the new one."""
    found = read_pins(folder)
    tools = dict(sorted({**found.tools, name: pin}.items()))
    file = folder / LOCK_FILE
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    whole = found.model_copy(update={"tools": tools}).model_dump(mode="json")
    fresh.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(file)
    return file


def differences(old: ToolDefinition | None, new: ToolDefinition | None) -> list[str]:
    """Return the lines of a unified diff from one definition to the other; None is a tool that is not there."""
    return list(difflib.unified_diff(_lines(old), _lines(new), "pinned", "now", n=2, lineterm=""))


def _lines(one: ToolDefinition | None) -> list[str]:
    whole: Mapping[str, Any] = {} if one is None else one.model_dump(mode="json", exclude_none=True)
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True).splitlines() if whole else []
