"""Answers of systems outside: of bounded size, of types that are known, and data, whatever they say."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field

from handrail.domain.base import Model
from handrail.domain.errors import InvalidInput
from handrail.outside.references import hiding
from handrail.outside.validating import unkept

WORDS = 300


class AnswerTooLarge(Exception):
    """More bytes came than an answer may have."""


class OutsideAnswer(Model):
    """An answer: `value` as data, or with `refused` the words by which the system said no."""

    value: dict[str, Any] = Field(default_factory=dict)
    refused: str = ""


def bounded(value: Any, most: int, hidden: Collection[str]) -> dict[str, Any]:
    """Return the value as an object of at most `most` bytes as JSON, without secrets.

    Raises:
        InvalidInput: it is larger, or no JSON.
    """
    found = value if isinstance(value, Mapping) else {"answer": value}
    if problem := unkept(found, most):
        raise InvalidInput(f"The answer's data {problem}.")
    clean: dict[str, Any] = json.loads(hiding(json.dumps(found, ensure_ascii=False), hidden))
    return clean


def said(text: str, hidden: Collection[str]) -> str:
    """Return a system's words for an error: one line, short, printable, without secrets."""
    line = " ".join(hiding(text, hidden).split())
    return "".join(one for one in line if one.isprintable())[:WORDS]


def at(value: Any, path: str) -> Any:
    """Return what stands at `booking.guest.id` within the value, None where nothing does; a number is a list's place."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
