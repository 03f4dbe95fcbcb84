"""Placeholders of what was taken out of a text before anybody stored or read it, and the line that says so."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from handrail.domain.text.words import words

ENGLISH = "en"


class Secret(StrEnum):
    """A kind of thing that no support desk needs in a message."""

    CARD = "card"
    IBAN = "iban"
    NATIONAL_ID = "id"
    PASSWORD = "password"  # noqa: S105 - a kind, no password
    CODE = "code"
    KEY = "key"


PLACEHOLDER = re.compile(rf"\[({'|'.join(Secret)})(?: ••(\w{{4}}))?\]")
_NAMED = {Secret.CARD: "card", Secret.IBAN: "iban", Secret.NATIONAL_ID: "id"}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets, and the kinds of what was taken out, in the order in which they stood."""

    text: str
    found: tuple[Secret, ...] = ()


def placeholder(kind: Secret, last: str = "") -> str:
    """Return what stands in the place of a secret; `last` are its last four characters, where they may be shown."""
    return f"[{kind} ••{last}]" if last else f"[{kind}]"


def taken_out(texts: Iterable[str]) -> list[Secret]:
    """Return the kinds of placeholders in `texts`, each once, in their order."""
    return list(dict.fromkeys(Secret(one[1]) for text in texts for one in PLACEHOLDER.finditer(text)))


def notice(kinds: Collection[Secret], language: str) -> str:
    """Return the line that tells a customer what was taken out of their message; empty where nothing was."""
    if not kinds:
        return ""
    known = words("secrets")
    spoken = language if language in known["notice"] else ENGLISH
    things = dict.fromkeys(str(known[_NAMED.get(kind, "secret")][spoken]) for kind in kinds)
    sentence: str = known["notice"][spoken]
    return sentence.replace("{{things}}", ", ".join(things))
