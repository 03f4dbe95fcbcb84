"""Effects that a case proposed before: what became of each, and what a proposal of the same again is answered with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.declined import objects, same_arguments, sums, telling
from handrail.domain.actions.proposals import Proposal
from handrail.domain.base import Stored, json_bytes
from handrail.domain.case.messages import Author, Message
from handrail.domain.text.message.again import names_again

REPEATED = "handrail/repeated"
"""The rule, as policy/rule, by which a person reads first that the same was done, or may have been, in this very case."""
ALREADY_DONE = "already_done"
"""Under this name the agent reads the first answer of an effect that it proposed again."""
TOLD = 20
"""Effects of earlier turns that a model is told of; the newest count."""
TOLD_BYTES = 12_000
RESULT_BYTES = 1_000
VALUE = 80
"""Characters of one argument in words."""


class EarlierOutcome(StrEnum):
    """An outcome: made; refused by a rule, the business or the customer; rejected by a person; begun in another system, whose
    answer was lost; or left undone, as a question that nobody answered."""

    APPLIED = "applied"
    REFUSED = "refused"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_DONE = "not_done"


class EarlierEffect(Stored):
    """The ledger's row of an effect, whether it was made or not. `at` is when that was known; `effect_id` names the row.

    `settled`: it got as far as the business, which made or refused it; what a rule refused did not. `allowed`: it was left
    undone although the rules let it be made by itself.
    """

    effect_id: str
    action: str
    arguments: dict[str, Any]
    outcome: EarlierOutcome
    at: datetime
    result: dict[str, Any] = Field(default_factory=dict)
    settled: bool = False
    allowed: bool = False

    def given(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The arguments that say what is done: of `names`, which a model may give, or of all; no words that explain it."""
        wanted = set(self.arguments if names is None else names)
        return {name: self.arguments[name] for name in telling(self.arguments) if name in wanted}

    def in_words(self, names: Iterable[str] | None = None) -> str:
        """Return the tool with what it was about, when, and the id in the ledger."""
        about = ", ".join(f"{name} {str(value)[:VALUE]}" for name, value in self.given(names).items() if value is not None)
        called = f"{self.action} ({about})" if about else self.action
        return f"{called}, {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, ledger {self.effect_id}"


class ToldEffect(Stored):
    """An effect of an earlier turn as a model is told of it: data, without the words in which it was explained.

    `customer_wrote_since`: the customer has written after it, and the agent has not answered that yet.
    """

    tool: str
    arguments: dict[str, Any]
    outcome: EarlierOutcome
    at: datetime
    result: dict[str, Any] = Field(default_factory=dict)
    customer_wrote_since: bool = False


def unanswered(earlier: Iterable[EarlierEffect]) -> list[EarlierEffect]:
    """List what was sent to another system whose answer was lost, and of which nobody has said what became of it."""
    return [one for one in earlier if one.outcome is EarlierOutcome.UNKNOWN]


def left_undone(earlier: Sequence[EarlierEffect]) -> list[EarlierEffect]:
    """List what the rules allowed and nobody carried out: neither then nor since, under another id, as far as is known."""
    made = [one for one in earlier if one.outcome in (EarlierOutcome.APPLIED, EarlierOutcome.UNKNOWN)]
    return [one for one in earlier if one.allowed and not any(_since(one, other) for other in made)]


def about_the_same(earlier: Iterable[EarlierEffect], proposal: Proposal, title: str) -> list[EarlierEffect]:
    """List what the same tool did to the same object under another id, or may have done, oldest first."""
    about = objects(proposal.arguments, title)
    return [
        one
        for one in earlier
        if one.outcome in (EarlierOutcome.APPLIED, EarlierOutcome.UNKNOWN)
        and (one.action, objects(one.arguments, title)) == (proposal.action, about)
        and one.effect_id != proposal.proposal_id
    ]


def words_since(said: Iterable[Message], moment: datetime) -> list[Message]:
    """List what the customer wrote after the moment and the agent has not answered yet."""
    heard = list(said)
    answered = max((one.sequence for one in heard if one.author is Author.ASSISTANT), default=-1)
    return [one for one in heard if one.author is Author.CUSTOMER and one.at > moment and one.sequence > answered]


def written_since(said: Iterable[Message], moment: datetime) -> bool:
    """Return whether the customer wrote after the moment and the agent has not answered that yet."""
    return bool(words_since(said, moment))


def asked_again(said: Sequence[Message], moment: datetime, proposal: Proposal, title: str, language: str) -> bool:
    """Return whether what the customer wrote after the moment names the proposal's object, or an amount of it."""
    texts = [one.text for one in words_since(said, moment)]
    ours = [one.text for one in said if one.author is not Author.CUSTOMER]
    return names_again(texts, language, objects(proposal.arguments, title), sums(proposal.arguments), ours)


def exactly(one: EarlierEffect, proposal: Proposal, names: Iterable[str] | None = None) -> bool:
    """Return whether the proposal is what was made, however it is explained. `names` are what the model may give."""
    made = one.outcome is EarlierOutcome.APPLIED
    return made and one.action == proposal.action and same_arguments(one.arguments, proposal.arguments, names)


def told(
    earlier: Sequence[EarlierEffect], names: Mapping[str, Iterable[str] | None], said: Sequence[Message]
) -> list[ToldEffect]:
    """Return what a model is told, oldest first: the newest of very many, and no more than `TOLD_BYTES` of JSON.

    `names` are the arguments that a model may give to each tool; others are the ledger's own.
    """
    calls: list[ToldEffect] = []
    left = TOLD_BYTES
    for one in earlier[: -TOLD - 1 : -1]:
        call = ToldEffect(
            tool=one.action,
            arguments=one.given(names.get(one.action)),
            outcome=one.outcome,
            at=one.at,
            result=one.result if json_bytes(one.result) <= RESULT_BYTES else {},
            customer_wrote_since=written_since(said, one.at),
        )
        left -= json_bytes(call.model_dump(mode="json"))
        if left < 0:
            break
        calls.append(call)
    return calls[::-1]


def _since(left: EarlierEffect, made: EarlierEffect) -> bool:
    """Return whether exactly what was left undone was made later, or may have been."""
    return made.at >= left.at and made.action == left.action and same_arguments(made.arguments, left.arguments)
