"""Words of nine languages, in TOML files that a translator can read."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt")


@functools.cache
def words(name: str) -> dict[str, Any]:
    """The words of the file `name`, without its ending."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def any_of(patterns: Iterable[str]) -> str:
    """A pattern for any of `patterns` as whole words, to be matched in lower case; the files say what '*' and '…' mean."""
    ready = (one.replace(".", r"\.").replace("*", r"\w*").replace(" … ", r"\W+(?:\w+\W+){0,8}?") for one in patterns)
    return rf"(?<![^\W\d])(?:{'|'.join(ready)})(?!\w)"


@functools.cache
def spoken(name: str, part: str, language: str | None) -> re.Pattern[str]:
    """Return the pattern of what `part` of the file `name` lists for a language; for all languages where it is not known."""
    listed: dict[str, list[str]] = words(name)[part]
    chosen = [language] if language in listed else list(listed)
    return re.compile(any_of(pattern for one in chosen for pattern in listed[one]))
