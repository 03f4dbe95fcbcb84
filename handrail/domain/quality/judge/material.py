"""The material that a judge and the people who label see: the very same, without who answered and without private numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.messages import Author, Message
from handrail.domain.text.message.cards import without_cards

MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
PHONE = re.compile(r"(?<![\w-])(?:\+|00)\d[\d ()/.-]{6,18}\d(?!\w)|(?<![\w-])0\d{2,5}[ /-]\d[\d /-]{4,12}\d(?!\w)")
WITHDRAWN = "[withdrawn]"
HIDDEN = ((MAIL, "[address]"), (IBAN, "[account]"), (PHONE, "[telephone]"))


class PieceKind(StrEnum):
    """The kinds of pieces: the customer's words, an answer of the house, what the record says was done."""

    CUSTOMER = "customer"
    ANSWER = "answer"
    RECORD = "record"


class Piece(Stored):
    """A piece of the material, redacted."""

    kind: PieceKind
    text: str


class Material(Stored):
    """A case as it is judged: the conversation in order, and what was done, which stands beside it."""

    case_id: str
    topic: str | None = None
    language: str | None = None
    said: list[Piece] = Field(default_factory=list)
    done: list[Piece] = Field(default_factory=list)

    @property
    def answers(self) -> list[str]:
        """The answers of the house."""
        return [piece.text for piece in self.said if piece.kind is PieceKind.ANSWER]


def material(
    case_id: str, topic: str | None, language: str | None, messages: Sequence[Message], effects: Sequence[dict[str, Any]]
) -> Material:
    """Build the material out of a case's record. Notes of the system are left out: no customer reads them."""
    kinds = {
        Author.CUSTOMER: PieceKind.CUSTOMER,
        Author.ASSISTANT: PieceKind.ANSWER,
        Author.PERSON: PieceKind.ANSWER,
    }
    said = [Piece(kind=kinds[one.author], text=_words(one)) for one in messages if one.author in kinds]
    done = [Piece(kind=PieceKind.RECORD, text=redacted(_deed(effect))) for effect in effects]
    return Material(case_id=case_id, topic=topic, language=language, said=said, done=done)


def _words(message: Message) -> str:
    return WITHDRAWN if message.withdrawn_at else redacted(message.text)


def redacted(text: str) -> str:
    """Return the text without numbers of cards and accounts, addresses of mail and telephone numbers.

    Names of people cannot be told from other words, and stay.
    """
    text = without_cards(text)
    for pattern, words in HIDDEN:
        text = pattern.sub(words, text)
    return text


def _deed(effect: dict[str, Any]) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in (effect.get("arguments") or {}).items() if value is not None)
    return f"{effect['action']}({arguments}): {effect['status']}"
