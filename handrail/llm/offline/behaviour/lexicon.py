"""The words that the rules know, compiled once from the files beside this module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FALLBACK = "en"
HERE = Path(__file__).parent


@cache
def _words() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((HERE / "words.yaml").read_text("utf-8"))
    return loaded


@cache
def _phrases() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((HERE / "phrases.yaml").read_text("utf-8"))
    return loaded


@cache
def _compiled(*path: str) -> re.Pattern[str]:
    found: Any = _words()
    for step in path:
        found = found[step]
    patterns: Iterable[str] = (one for language in found.values() for one in language)
    return re.compile("|".join(rf"(?:{one})" if one.startswith("^") else rf"\b(?:{one})" for one in patterns))


def says(text: str, *path: str) -> re.Match[str] | None:
    """Return the match where the text says it, in any language known: `says(text, "actions", "refund")`."""
    return _compiled(*path).search(text.lower().replace("’", "'"))


def actions() -> list[str]:
    """The actions known, in order of precedence."""
    return list(_words()["actions"])


def phrase(language: str | None, name: str, /, **facts: Any) -> str:
    """A stock phrase with facts filled in; English where the language is not known."""
    phrases = _phrases().get(language or FALLBACK, _phrases()[FALLBACK])
    shown = {key: _shown(phrases, key, value) for key, value in facts.items()}
    return str(phrases[name]).format(**shown)


def _shown(phrases: Mapping[str, Any], key: str, value: Any) -> str:
    if key == "status":
        return str(phrases["status"].get(str(value), value))
    return f"{value:.2f}" if isinstance(value, float) else str(value)
