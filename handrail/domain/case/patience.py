"""The bounds of a customer's patience: the same question twice, questions in circles, a second contact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from handrail.domain.base import Stored, digest
from handrail.domain.case.messages import Author, Message
from handrail.domain.llm.agent import Exchange
from handrail.domain.text.message.corrections import corrects

KNOWN_KEPT = 60
READ = 20_000
"""Characters of a text whose words are compared; one may stand for eighteen."""
FEWEST_WORDS = 3
"""Fewer words than these ("yes please", "O-10321") are an answer or a courtesy; they repeat no question."""
READING = timedelta(seconds=2)
"""Nobody has read an answer sooner: what is sent so soon behind it was written before it came."""

_WORD = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(
    r"#?\b[A-Za-z]{1,4}[-_]?\d{3,}\b|\b[B-HJ-Zb-hj-z] \d{4,}\b|#\d{3,}\b|(?<![\d.,$€£])\b\d{5,}\b(?![.,]\d)"
)

SOFT = ("repeated_question", "second_contact")
"""Reasons that say only that the customer has waited: they hide no graver one, and stop nothing that people look at."""
REHEARSED = ("sample", "file", "rehearsal", "drill", "conformance")
"""Channels by which no customer writes: many cases are opened at once there, under the names of few."""


def words(text: str) -> frozenset[str]:
    """The words of a text, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())[:READ]
    return frozenset(_WORD.findall("".join(one for one in plain if not unicodedata.combining(one))))


def references(text: str) -> frozenset[str]:
    """Order numbers and the like: letters with three digits or more, `#` with three, or five digits; one spelling each."""
    return frozenset(re.sub(r"[^A-Z0-9]", "", found.upper()) for found in _REFERENCE.findall(text))


def likeness(one: str, other: str) -> float:
    """0 to 1: the share of words that both have (Jaccard). Texts that name different references have nothing in common."""
    if references(one) != references(other):
        return 0.0
    left, right = words(one), words(other)
    return len(left & right) / len(left | right) if left | right else 0.0


def asked_before(incoming: Sequence[Message], transcript: Sequence[Message], threshold: float) -> Message | None:
    """The earlier message of the customer that one of `incoming` repeats although the agent had answered it.

    Only what was said since a person last wrote counts, and only what the customer wrote after the answer was there to read.
    A correction of an earlier message ("18 USD", "I meant O-10025") repeats nothing.
    """
    new = {one.message_id for one in incoming}
    said = since_a_person([one for one in transcript if one.message_id not in new])
    answered = [one.at for one in said if one.author is Author.ASSISTANT]
    for message in incoming:
        if len(words(message.text)) < FEWEST_WORDS:
            continue
        for earlier in reversed(said):
            between = any(earlier.at <= at <= message.at - READING for at in answered)
            if earlier.author is not Author.CUSTOMER or not between or corrects(message.text, earlier.text):
                continue
            if likeness(earlier.text, message.text) >= threshold:
                return earlier
    return None


def since_a_person(transcript: Sequence[Message]) -> list[Message]:
    """List the messages since the case last was with people: a person's word, or the note that one takes over, starts anew."""
    for place in range(len(transcript) - 1, -1, -1):
        if transcript[place].author in (Author.PERSON, Author.SYSTEM):
            return list(transcript[place + 1 :])
    return list(transcript)


class Progress(Stored):
    """The progress of a conversation.

    `stalled` turns in a row ended with the agent asking and brought nothing new; `known` are digests of what its calls gave.
    From the `bearable` such turn on a person takes over.
    """

    stalled: int = Field(default=0, ge=0)
    bearable: int = Field(default=3, ge=1)
    known: list[str] = Field(default_factory=list)

    def news(self, exchanges: Iterable[Exchange]) -> list[str]:
        """List what this turn's calls gave for the first time: facts read, effects made. Prefetched context is no news."""
        found = [digest([one.call.tool, one.call.arguments, one.result])[:12] for one in exchanges if one.ok]
        return [one for one in dict.fromkeys(found) if one not in self.known]

    def after(self, exchanges: Sequence[Exchange], *, asking: bool) -> Progress:
        """The progress once a turn has ended, `asking` where it waits for the customer."""
        news = self.news(exchanges)
        stalled = self.stalled + 1 if asking and not news else 0
        return self.model_copy(update={"stalled": stalled, "known": [*self.known, *news][-KNOWN_KEPT:]})

    def circles(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether asking once more is one turn too many that gets nowhere."""
        return self.stalled + 1 >= self.bearable and not self.news(exchanges)


class Contact(Stored):
    """Another case of the same customer on the same topic, and what the customer wrote in it."""

    case_id: str
    opened_at: datetime
    answered_at: datetime
    texts: list[str] = Field(default_factory=list)


def contact_before(text: str, contacts: Iterable[Contact]) -> Contact | None:
    """The earlier contact about the same thing: it shares a reference with `text`, or one of the two names none."""
    new = references(text)
    for contact in contacts:
        old = frozenset[str]().union(*(references(one) for one in contact.texts))
        if not new or not old or new & old:
            return contact
    return None
