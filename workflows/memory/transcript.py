"""Messages of a case: those that came in, those that were said, and the bounds of both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import PrivateAttr

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import MAX_CHARACTERS, Author, IncomingMessage, Message, fingerprint
from handrail.domain.errors import CaseConflict, IllegalTransition
from workflows.memory.fields import CaseFields
from workflows.memory.tally import Tally

# Everything here travels in one payload into the next run, and a payload has 2 MB.
MESSAGES_KEPT = 40
BYTES_KEPT = 200_000
BYTES_WAITING = 2_000_000
BYTES_AT_ONCE = 400_000
"""Of messages in one commit. What waits to be heard or recorded is in no payload of the next run, so more of it may wait."""
LARGEST = 4 * MAX_CHARACTERS + 1_000
MESSAGES_TAKEN = 2_000
OVERHEAD = 300


class Transcript(CaseFields):
    """Messages of a case, and how many more may come in."""

    _in_inbox: Tally = PrivateAttr(default_factory=lambda: Tally(bulk))
    _in_unsaved: Tally = PrivateAttr(default_factory=lambda: Tally(bulk))
    _in_messages: Tally = PrivateAttr(default_factory=lambda: Tally(weight))

    @property
    def heard(self) -> int:
        """The place in the transcript of the newest message from outside; the odd place behind it is the answer's."""
        return 2 * len(self.seen)

    @property
    def waiting(self) -> int:
        """Bytes of messages that nobody has dealt with yet."""
        return self._in_inbox.total(self.inbox) + self._in_unsaved.total(self.unsaved_messages)

    @property
    def room(self) -> bool:
        """True if the longest message there can be may come in, or if none may any more."""
        return self.waiting + LARGEST <= BYTES_WAITING or bool(self.closing) or self.row.status is CaseStatus.CLOSED

    def known(self, message_id: str, author: Author, text: str) -> bool:
        """Return whether the message was taken before.

        Raises:
            CaseConflict: the same id with other words, or from somebody else.
        """
        before = self.seen.get(message_id)
        if before is None:
            return False
        if before != fingerprint(author, text):
            raise CaseConflict(f"message_id: {message_id!r} was sent before with other text. Give a new message its own id.")
        return True

    def check_room(self, text: str) -> None:
        """Check that another message of this length may come in; the messages that nobody has dealt with are bounded.

        Raises:
            IllegalTransition: it may not.
        """
        if len(self.seen) >= MESSAGES_TAKEN:
            raise IllegalTransition(f"message: the case has taken {MESSAGES_TAKEN:,} messages, which is all. Open a new case.")
        waiting = self.waiting
        if waiting + bulk([text]) > BYTES_WAITING:
            raise IllegalTransition(
                f"message: {waiting:,} bytes of messages wait here, at most {BYTES_WAITING:,} are taken. "
                "Send it again once they are answered or recorded."
            )

    def take(self, message: IncomingMessage, now: datetime) -> bool:
        """Put a message into the inbox; False where it was taken before."""
        if self.known(message.message_id, Author.CUSTOMER, message.text):
            return False
        self.seen[message.message_id] = fingerprint(Author.CUSTOMER, message.text)
        self.inbox.append(
            Message(
                message_id=message.message_id,
                author=Author.CUSTOMER,
                text=message.text,
                at=now,
                turn=self.row.turn,
                sequence=self.heard,
                answer=message.answer,
                pressed_under=message.answers,
            )
        )
        return True

    def say(self, message: Message, *, save: bool = True) -> None:
        """Append to the transcript; the oldest leave the memory, PostgreSQL has them all."""
        self.messages.append(message)
        self.messages = self._in_messages.newest(self.messages, BYTES_KEPT, MESSAGES_KEPT)
        if save:
            self.unsaved_messages.append(message)
            self.unsaved = True


def newest(messages: Sequence[Message], limit: int = BYTES_AT_ONCE) -> list[Message]:
    """The newest messages, of which no more than `limit` bytes are text."""
    left, first = limit, len(messages)
    while first and (left := left - weight([messages[first - 1].text])) >= 0:
        first -= 1
    return list(messages[first:])


def bulk(texts: Iterable[str]) -> int:
    """Bytes of text that messages hold; quick to count."""
    return sum(len(text.encode(errors="replace")) + OVERHEAD for text in texts)


def weight(texts: Iterable[str]) -> int:
    """Bytes that messages of these texts take in a payload."""
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) + OVERHEAD for text in texts)
