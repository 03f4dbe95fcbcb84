"""The words of the pages: a file for each language, read once. Keys are the same in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import yaml
from babel.core import negotiate_locale
from starlette.requests import Request

FOLDER = Path(__file__).parent / "words"
DEFAULT = "en"
COOKIE = "handrail_language"
Say = Callable[..., str]


@cache
def languages() -> Mapping[str, Mapping[str, str]]:
    """Return the words of every language, by its code."""
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))}


def language_of(request: Request) -> str:
    """Return the language that the reader chose, else the first of their browser's that there is."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in languages():
        return chosen
    wanted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    return negotiate_locale(wanted, list(languages()), sep="-") or DEFAULT


def words_of(language: str) -> Say:
    """Return the function that says a key in the language."""
    known = languages()[language]

    def say(key: str, **values: object) -> str:
        return known[key].format(**values)

    return say
