"""Messages of a case, and the bounds of what may be said at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from handrail.domain.base import Model, Stored, digest
from handrail.domain.errors import InvalidInput

MAX_CHARACTERS = 8_000
MAX_NAME = 120
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}")
OURS = "~"
"""Ids of what the house itself says begin so; none from outside can, so nobody takes the place of a reply beforehand."""
ALLOWED_CONTROLS = "\n\r\t"
DECOMPOSED = 4
"""As many characters one may be made of before they are joined."""
MARKS = 30
# They turn text around for its reader, or carry text that only a machine reads.
_HIDDEN = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080)])
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffd")


class Author(StrEnum):
    """The author of a message."""

    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    PERSON = "person"
    SYSTEM = "system"


ANSWERS = "the `question_id` under which the customer pressed a button: these words answer no other question"
NEWER = frozenset({"answer", "answers"})


class PageAnswer(Stored):
    """An answer that a human gave on the page of a question; `asked` is the hash of exactly what they were asked."""

    asked: str
    agreed: bool


class IncomingMessage(Model):
    """A customer's message as a backend sends it; the same `message_id` is taken once."""

    message_id: str = Field(description="idempotency key: letters, digits, '_', '.', ':', '-', at most 120")
    text: str = Field(description=f"what the customer wrote, 1 to {MAX_CHARACTERS} characters of text")
    answer: PageAnswer | None = Field(default=None, description="set by the page of a question alone")
    answers: str | None = Field(default=None, description=ANSWERS)

    @model_serializer(mode="wrap")
    def _as_ever(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not set of the newer fields: digests and other builds' workers know messages without them."""
        fields: dict[str, Any] = usual(self)
        return {name: value for name, value in fields.items() if value is not None or name not in NEWER}


class Message(Stored):
    """A message of a case. `at` is UTC; `turn` counts from 1; `sequence` orders a case's messages."""

    message_id: str
    author: Author
    text: str
    at: datetime
    turn: int
    sequence: int = 0
    language: str | None = None
    by: str | None = Field(default=None, description="the person's name, where a person wrote it")
    answer: PageAnswer | None = Field(default=None, description="what a human answered on the page of a question")
    pressed_under: str | None = Field(default=None, description=ANSWERS)
    approved: bool = Field(default=False, description="a person approved these words of the assistant's")
    corrects: str | None = Field(default=None, description="the id of the customer's message that these words correct")
    edited_at: datetime | None = Field(default=None, description="since when other words of the customer's stand for it")
    withdrawn_at: datetime | None = Field(default=None, description="since when the customer has withdrawn it")
    part_of: str | None = Field(default=None, description="the id of the long message whose next words these are")

    @field_validator("approved", mode="before")
    @classmethod
    def _noted(cls, value: Any) -> Any:
        """Read a row in which nobody noted it as one that nobody approved."""
        return False if value is None else value

    @property
    def stands(self) -> bool:
        """Return whether the words still count: they were neither edited nor withdrawn."""
        return self.edited_at is None and self.withdrawn_at is None


def standing(messages: Sequence[Message]) -> list[Message]:
    """The messages whose words still count."""
    return [one for one in messages if one.stands]


def check_identifier(field: str, value: str) -> str:
    """The identifier itself.

    Raises:
        InvalidInput: it is empty, too long or has characters that do not belong into an id.
    """
    if not IDENTIFIER.fullmatch(value):
        raise InvalidInput(
            f"{field}: {value[:40]!r} is not an id. Use 1 to 120 letters, digits, '_', '.', ':' or '-', "
            "starting with a letter or digit."
        )
    return value


def check_text(field: str, text: str, limit: int = MAX_CHARACTERS) -> str:
    """The text, normalised to NFC and stripped, without characters that hide or turn around what is read.

    Raises:
        InvalidInput: it has nothing to read, is too long, or holds control characters or undecodable bytes.
    """
    if len(text) > DECOMPOSED * limit:
        raise _too_long(field, len(text), limit)
    clean = unicodedata.normalize("NFC", without_heaps(text)).strip()
    if not is_plain(clean):
        clean = clean.translate(_HIDDEN).strip()
    foreign = None if is_plain(clean) else _no_text().search(clean)
    if foreign:
        raise InvalidInput(
            f"{field}: holds the character U+{ord(foreign[0]):04X}, which is no text. "
            "Send plain text; attachments do not belong here."
        )
    if not any(_is_visible(character) for character in clean):
        raise InvalidInput(f"{field}: is empty; nothing in it can be read. Send words.")
    if len(clean) > limit:
        raise _too_long(field, len(clean), limit)
    return clean


def is_plain(text: str) -> bool:
    """Return whether the text is surely without control characters, halves of characters and noncharacters.

    Quick, also in very long texts; of what it calls not plain, most is text all the same.
    """
    for character in ALLOWED_CONTROLS:
        text = text.replace(character, " ")
    return text.isprintable()


@cache
def _no_text() -> re.Pattern[str]:
    # What a newer Unicode calls an emoji is unassigned for an older Python, so unassigned characters are text.
    noncharacters = "".join(chr(plane | end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    return re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{noncharacters}]")


def without_heaps(text: str) -> str:
    """The text with no more than `MARKS` combining marks on a character.

    Normalising sorts them in quadratic time, and nobody reads more.
    """
    if text.isascii() or not any(map(unicodedata.combining, set(text))):
        return text
    kept, heap = [], 0
    for character in text:
        heap = heap + 1 if unicodedata.combining(character) else 0
        if heap <= MARKS:
            kept.append(character)
    return text if len(kept) == len(text) else "".join(kept)


def _too_long(field: str, length: int, limit: int) -> InvalidInput:
    return InvalidInput(
        f"{field}: has {length:,} characters, at most {limit:,} are taken. Send the first part, or a summary and a link."
    )


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] not in "ZM" and category not in ("Cc", "Cf") and character not in _BLANKS


def check_name(field: str, name: str) -> str:
    """A person's name: one line, stripped.

    Raises:
        InvalidInput: see `check_text`, or it has several lines.
    """
    clean = check_text(field, name, MAX_NAME)
    if len(clean.splitlines()) > 1 or "\t" in clean:
        raise InvalidInput(f"{field}: has several lines. Send a name or an address, in one line.")
    return clean


def check_message(message: IncomingMessage) -> IncomingMessage:
    """The message with clean text.

    Raises:
        InvalidInput: see `check_identifier` and `check_text`.
    """
    check_identifier("message_id", message.message_id)
    if message.answers is not None:
        check_identifier("answers", message.answers)
    return message.model_copy(update={"text": check_text("text", message.text)})


def without_controls(text: str) -> str:
    """The text with a space for each character that is no text."""
    return text if is_plain(text) else _no_text().sub(" ", text)


def fingerprint(author: Author, text: str) -> str:
    """Tells the same message from another under the same id."""
    return digest([author, text])[:16]


def parts_of(
    seed: str, texts: Sequence[str], *, at: datetime, of: str | None, sequence: int = 0, turn: int = 1
) -> list[Message]:
    """Build the messages that follow `of`, the first part of a long one; no id from outside looks like theirs."""
    return [
        Message(
            message_id=f"{OURS}{place:03}-{digest([seed, text])[:24]}",
            author=Author.CUSTOMER,
            text=text,
            at=at + timedelta(microseconds=place),
            turn=turn,
            sequence=sequence,
            part_of=of,
        )
        for place, text in enumerate(texts, start=2)
    ]
