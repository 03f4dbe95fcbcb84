"""Takes secrets out of what goes to a case and of what its activities are given, wherever in it text is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from handrail.domain.case.messages import Author, Message
from handrail.domain.text.redacted import Secret
from handrail.redaction.redactor import CodeRedactor

if TYPE_CHECKING:
    from handrail.ports.redaction import Redactor

T = TypeVar("T")
WORDS = frozenset(("text", "note", "answer", "comment", "input", "rest"))
REPLIES = frozenset(("reply",))
LEFT = frozenset(
    ("arguments", "decided_arguments", "facts", "effects", "proposals", "calls", "usage", "classification", "trail")
)
"""Never looked into: arguments are bound by their hash, and the rest is the business's data or our own."""
_OURS = frozenset((Author.ASSISTANT, Author.SYSTEM))


@dataclass(frozen=True)
class Redaction:
    """The redactor of what customers say and people note, and the one of what people reply.

    A reply may tell the company's own account number, so there it stays.
    """

    heard: Redactor
    replied: Redactor

    def of(self, value: T) -> T:
        """Return the value without secrets in its words; itself where there are none."""
        return self._value(value, "", self.heard)  # type: ignore[no-any-return]

    def words(self, text: str) -> str:
        """Return a text without secrets."""
        return self.heard.redact(text).text

    def reply(self, text: str) -> str:
        """Return a person's reply without secrets."""
        return self.replied.redact(text).text

    def _value(self, value: Any, name: str, by: Redactor) -> Any:
        if not value:  # half of what a case is made of
            return value
        if isinstance(value, str):
            if name in WORDS:
                return by.redact(value).text
            return self.replied.redact(value).text if name in REPLIES else value
        if isinstance(value, BaseModel):
            return self._model(value)
        if isinstance(value, dict):
            changed = self._changed(value, by)
            return {**value, **changed} if changed else value
        if isinstance(value, list):
            inner = [self._value(one, name, by) for one in value]
            return inner if any(new is not old for new, old in zip(inner, value, strict=True)) else value
        return value

    def _model(self, model: BaseModel) -> BaseModel:
        """A message of the assistant's was ruled on as it is; one of a person's is a reply."""
        if isinstance(model, Message) and model.author in _OURS:
            return model
        by = self.replied if _replied(model) else self.heard
        changed = self._changed(vars(model), by)
        return model.model_copy(update=changed) if changed else model

    def _changed(self, values: Mapping[str, Any], by: Redactor) -> dict[str, Any]:
        """Return what holds a secret, without it."""
        looked = ((name, value, self._value(value, name, by)) for name, value in values.items() if name not in LEFT)
        return {name: new for name, value, new in looked if new is not value}


def _replied(model: BaseModel) -> bool:
    """Return whether the model is what a person says to a customer: such a message, or the command that sends it."""
    return model.author is Author.PERSON if isinstance(model, Message) else type(model).__name__ == "PersonReply"


@cache
def by_code(last_four: bool = True, keep: Collection[Secret] = frozenset()) -> Redaction:
    """Return the redaction by code; `keep` are kinds that a tool of the business needs."""
    heard = CodeRedactor(last_four=last_four, keep=keep)
    return Redaction(heard, CodeRedactor(last_four=last_four, keep=frozenset((*keep, Secret.IBAN))))
