"""What is said in a case, and what may be said at all."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.errors import InvalidInput
from handrail.domain.model import Model, Stored

MAX_CHARACTERS = 8_000
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}")
_ALLOWED_CONTROLS = "\n\r\t"


class Author(StrEnum):
    """Who said it."""

    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    PERSON = "person"
    SYSTEM = "system"


class IncomingMessage(Model):
    """A customer's message as a backend sends it; the same `message_id` is taken once."""

    message_id: str = Field(description="idempotency key: letters, digits, '_', '.', ':', '-', at most 120")
    text: str = Field(description=f"what the customer wrote, 1 to {MAX_CHARACTERS} characters of text")


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


def check_text(field: str, text: str) -> str:
    """The text, normalised to NFC and stripped.

    Raises:
        InvalidInput: it is empty, too long, or holds control characters or undecodable bytes.
    """
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise InvalidInput(f"{field}: is empty. Send the customer's words.")
    if len(clean) > MAX_CHARACTERS:
        raise InvalidInput(
            f"{field}: has {len(clean):,} characters, at most {MAX_CHARACTERS:,} are taken. "
            "Send the first part, or a summary and a link."
        )
    for character in clean:
        category = unicodedata.category(character)
        if character not in _ALLOWED_CONTROLS and category in ("Cc", "Cs", "Cn", "Co"):
            raise InvalidInput(
                f"{field}: holds the character U+{ord(character):04X}, which is no text. "
                "Send plain text; attachments do not belong here."
            )
    return clean


def check_message(message: IncomingMessage) -> IncomingMessage:
    """The message with clean text.

    Raises:
        InvalidInput: see `check_identifier` and `check_text`.
    """
    check_identifier("message_id", message.message_id)
    return message.model_copy(update={"text": check_text("text", message.text)})
