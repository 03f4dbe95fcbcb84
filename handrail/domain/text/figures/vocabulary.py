"""The words of `words/figures.toml`: read once, when they are first asked for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt")


@cache
def vocabulary() -> dict[str, Any]:
    """Read the whole file."""
    return tomllib.loads(files("handrail.domain.text").joinpath("words/figures.toml").read_text("utf-8"))


@cache
def listed(*path: str) -> tuple[str, ...]:
    """Return the words at `path`: parted by semicolons, or else by blanks."""
    value = vocabulary()
    for name in path:
        value = value[name]
    words = str(value)
    return tuple(one.strip() for one in words.split(";")) if ";" in words else tuple(words.split())


def spaced(name: str) -> str:
    """Write a name of several words in the one form that is looked up: lower case, one blank between the words."""
    return " ".join(name.replace("-", " ").replace("’", "'").replace("'", " ").replace(".", " ").lower().split())
