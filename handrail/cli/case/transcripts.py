"""`handrail case transcript`: the messages, with what each asked the customer before an effect and what each answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from handrail.domain.actions.asked import READ_AS, AskedEffect
from handrail.domain.base import Stored
from handrail.domain.case.messages import Message


class AsksAbout(Stored):
    """An effect about which a message asks the customer; `line` is what they read of it."""

    question_id: str
    action: str
    line: str
    due_at: datetime

    def __str__(self) -> str:
        """The effect, and the words in which the customer reads of it."""
        return f"asks about {self.action}: {self.line}"


class AnswersTo(Stored):
    """An effect that a message answers about, and how it was read: `confirmed`, `refused`, `unsure` …"""

    question_id: str
    action: str
    line: str
    kind: str

    def __str__(self) -> str:
        """The way in which it was read, and about what."""
        return f"read as “{READ_AS.get(self.kind, self.kind)}”, about {self.action}: {self.line}"


class TranscriptLine(Message):
    """A message with the questions that it asks, and those that it answers."""

    asks: list[AsksAbout] = Field(default_factory=list)
    answers: list[AnswersTo] = Field(default_factory=list)


def lines(messages: Iterable[Message], asked: Iterable[AskedEffect]) -> list[TranscriptLine]:
    """The messages in their order, each with the questions that stand in it or are answered by it."""
    known = list(asked)
    return [TranscriptLine(**one.model_dump(), asks=_asks(one, known), answers=_answers(one, known)) for one in messages]


def _asks(message: Message, asked: Iterable[AskedEffect]) -> list[AsksAbout]:
    about = [one for one in asked if one.message_id == message.message_id]
    return [AsksAbout.model_validate(one.model_dump(include=set(AsksAbout.model_fields))) for one in about]


def _answers(message: Message, asked: Iterable[AskedEffect]) -> list[AnswersTo]:
    return [
        AnswersTo(question_id=one.question_id, action=one.action, line=one.line, kind=given.kind)
        for one in asked
        for given in one.answers
        if given.message_id == message.message_id
    ]
