"""Ports to what reads a message before any model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Message


class Router(Protocol):
    """Classification before any language model."""

    async def classify(
        self, text: str, *, topic_before: str | None, flags: Sequence[str] = (), language: str | None = None
    ) -> Classification:
        """Routing's view of `text`; `flags` are those of the customer's account, as the business names them.

        `language` is the case's so far, where it is known: it changes only where a sentence is in another.
        """
        ...


class Languages(Protocol):
    """A guess at the language of a text."""

    async def language_of(self, text: str) -> tuple[str, float]:
        """Return the text's ISO 639-1 code, and how sure that is, 0 to 1; low where the text does not tell."""
        ...


class Reader(Protocol):
    """Reads long texts aside, where it is nobody else's time."""

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> MessageExtract | None:
        """Read what the customer's `messages` say; None where nothing can read them now: the caller has to.

        One call at a time; one that is cancelled is given up. Raises: RuntimeError: reading failed.
        """
        ...
