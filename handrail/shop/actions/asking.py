"""The questions to customers before an effect, out of `asks.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parents[1] / "asks.yaml"


def asks(tool: str, **values: str) -> dict[str, str]:
    """The question about an effect by language, with its values."""
    return {language: _filled(sentence, values) for language, sentence in _sentences()[tool].items()}


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        sentence = sentence.replace("{{" + name + "}}", value)
    return sentence


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found
