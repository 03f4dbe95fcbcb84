"""The record of questions to a customer: of each effect what they read of it, and what they answered, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import Field

from handrail.domain.actions.confirmations import Confirmation, Undoing
from handrail.domain.base import Stored
from handrail.domain.text.message.cards import without_cards

ASKED_KEPT = 30
"""Effects that a case carries with it; PostgreSQL has them all."""
SAID = 240
"""Characters of an answer that are quoted."""
WITHDRAWN, EXPIRED = "withdrawn", "expired"
READ_AS: Mapping[str, str] = {
    "confirmed": "said yes",
    "refused": "said no",
    "unsure": "gave no clear answer",
    "set_aside": "wrote something else",
    EXPIRED: "did not answer in time",
    Undoing.TAKEN_BACK: "took the yes back",
    Undoing.CORRECTED: "said yes, then wanted it otherwise",
    WITHDRAWN: "the question was withdrawn",
}


class CustomerAnswer(Stored):
    """An answer as it was read: `kind` is one of `READ_AS`; `words` are the beginning of the message, card numbers hidden."""

    kind: str
    at: datetime
    message_id: str = ""
    words: str = ""


class AskedEffect(Stored):
    """One effect about which the customer was asked: `line` is exactly what they read of it, `answers` are in order."""

    question_id: str
    proposal_id: str
    action: str
    line: str
    message_id: str = Field(default="", description="the message that asked it")
    asked_at: datetime
    due_at: datetime
    answers: list[CustomerAnswer] = Field(default_factory=list)
    arguments_hash: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The effect within the question."""
        return self.question_id, self.proposal_id

    def __str__(self) -> str:
        """The time of asking, and each answer with its time and words."""
        parts = [f"asked {_minute(self.asked_at)}"]
        for one in self.answers:
            quote = f": “{one.words}”" if one.words else ""
            named = f" (message {one.message_id})" if one.message_id else ""
            parts.append(f"{READ_AS.get(one.kind, one.kind)} {_minute(one.at)}{quote}{named}")
        if not self.answers:
            parts.append(f"no answer yet, until {_minute(self.due_at)}")
        return "; ".join(parts)


def asked_effects(question: Confirmation) -> list[AskedEffect]:
    """The effects of a question, unanswered."""
    return [
        AskedEffect(
            question_id=question.question_id,
            proposal_id=one.proposal.proposal_id,
            action=one.proposal.action,
            line=one.words,
            message_id=question.message_id,
            asked_at=question.asked_at,
            due_at=question.due_at,
            arguments_hash=one.proposal.arguments_hash,
        )
        for one in question.asked
    ]


def newest_question(asked: Sequence[AskedEffect]) -> list[AskedEffect]:
    """The effects of the question that was asked last."""
    return [one for one in asked if one.question_id == asked[-1].question_id]


def with_question(known: Sequence[AskedEffect], question: Confirmation) -> list[AskedEffect]:
    """Return what is `known` with the question's effects, each once; of very many the newest."""
    keys = {one.key for one in known}
    return [*known, *(one for one in asked_effects(question) if one.key not in keys)][-ASKED_KEPT:]


def with_answer(
    known: Sequence[AskedEffect], question: Confirmation, kind: str, at: datetime, message_id: str = "", words: str = ""
) -> list[AskedEffect]:
    """Return what is `known` with an answer to the question; the same kind of answer is kept once."""
    answer = CustomerAnswer(kind=kind, at=at, message_id=message_id, words=excerpt(words))
    return [
        one.model_copy(update={"answers": [*one.answers, answer]})
        if one.question_id == question.question_id and all(given.kind != kind for given in one.answers)
        else one
        for one in with_question(known, question)
    ]


def together(recorded: Iterable[AskedEffect], known: Iterable[AskedEffect]) -> list[AskedEffect]:
    """Each effect once, in the order of asking; as it is `recorded`, unless more answers are `known`."""
    found = {one.key: one for one in recorded}
    for one in known:
        stands = found.get(one.key)
        if stands is None or len(stands.answers) < len(one.answers):
            found[one.key] = one
    return sorted(found.values(), key=lambda one: one.asked_at)


def excerpted(asked: AskedEffect) -> AskedEffect:
    """The effect with excerpts of its answers' words."""
    answers = [one.model_copy(update={"words": excerpt(one.words)}) for one in asked.answers]
    return asked.model_copy(update={"answers": answers})


def excerpt(text: str) -> str:
    """The beginning of a message on one line, card numbers hidden."""
    flat = " ".join(without_cards(text[: SAID * 4]).split())
    return flat if len(flat) <= SAID else f"{flat[: SAID - 1]}…"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
