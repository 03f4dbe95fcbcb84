"""The words of the desk, and the language that its reader chose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request

from handrail.interface import Interface
from handrail.interface import Say as Say

WORDS = Interface(Path(__file__).parent / "words")
COOKIE = "handrail_language"


def languages() -> Mapping[str, Mapping[str, str]]:
    """Return the words of every language, by its code."""
    return WORDS.languages


def language_of(request: Request) -> str:
    """Return the language that the reader chose, else the first of their browser's that there is."""
    return WORDS.chosen(request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))


def words_of(language: str) -> Say:
    """Return the function that says a key in the language."""
    return WORDS.words_of(language)
