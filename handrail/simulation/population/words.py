"""The words of simulated customers and of the people who answer them, out of `phrases.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

import yaml

FILE = Path(__file__).with_name("phrases.yaml")
FALLBACK = "en"


@cache
def phrases() -> dict[str, Any]:
    """Everything in the file."""
    return cast(dict[str, Any], yaml.safe_load(FILE.read_text(encoding="utf-8")))


def request(kind: str, language: str, chance: Random, **values: str) -> str:
    """Return a request of that kind, in the language or where it has no such words in English."""
    of_kind = phrases()[kind]
    template: str = chance.choice(of_kind.get(language) or of_kind[FALLBACK])
    return template.format(**values)


def worded(name: str, language: str, **values: str) -> str:
    """Return the one sentence of that name."""
    of_name = phrases()[name]
    sentence: str = of_name.get(language) or of_name[FALLBACK]
    return sentence.format(**values)


def in_mood(mood: str, language: str, text: str) -> str:
    """Return the text as somebody in that mood writes it."""
    sentence: str = phrases()["moods"][mood][language]
    return sentence.format(text=text)
