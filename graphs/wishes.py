"""Wishes of several topics in one message: each has a turn of its own, in which the agent reads the words that are its."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.case.classification import FurtherWish
from handrail.domain.case.messages import Author, Message


def still(left: Sequence[FurtherWish], new: Sequence[FurtherWish], topic: str) -> list[FurtherWish]:
    """List the wishes that turns after one about `topic` take up: of each topic the newest words."""
    return list({one.topic: one for one in [*left, *new] if one.topic != topic}.values())


def focused(said: Sequence[Message], taken_up: FurtherWish | None, besides: Sequence[FurtherWish]) -> list[Message]:
    """Return the transcript as the agent reads it: without words that wait for a turn of theirs, and with those of this turn
    as the newest."""
    waiting = [words for one in besides for words in one.sentences]
    read = [without(one, waiting) for one in said] if waiting else list(said)
    return [*read, again(read, taken_up)] if taken_up else read


def without(message: Message, sentences: Sequence[str]) -> Message:
    """Return the customer's message without these sentences; whole, where nothing else would be left, or what they name is
    all that the message names: "Where is O-1? Please cancel it."
    """
    if message.author is not Author.CUSTOMER:
        return message
    text = message.text
    for one in sentences:
        text = text.replace(one, "")
    text = text.strip()
    if not text or names(message.text) > names(text) == 0:
        return message
    return message.model_copy(update={"text": text})


def names(text: str) -> int:
    """Return how many words hold a figure, as a name of an order or of a sum does."""
    return sum(any(map(str.isdigit, word)) for word in text.split())


def again(said: Sequence[Message], wish: FurtherWish) -> Message:
    """Return the wish as a message: the customer's newest, with these words of it alone."""
    newest = next(one for one in reversed(said) if one.author is Author.CUSTOMER)
    return newest.model_copy(update={"text": " ".join(wish.sentences)})
