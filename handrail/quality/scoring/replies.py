"""The agent's replies of a case: what was sent, whose words they are, and what was known of the case then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.messages import Author
from handrail.domain.quality.scores import QUOTE, LedgerAction, ScoredRecord, ScoreEvidence, SpokenMessage

APPROVED = frozenset(("approved", "edited"))


@dataclass(frozen=True, slots=True)
class SentReply:
    """A reply that was sent; `rulings` are what the ledger holds of exactly these words, `last` says that it is of the last
    turn, whose facts are known."""

    message: SpokenMessage
    text: str
    rulings: tuple[LedgerAction, ...]
    last: bool

    @property
    def by_person(self) -> bool:
        """True where a person decided on exactly these words: they are not the agent's alone."""
        return any(each.approval_status in APPROVED for each in self.rulings)

    @property
    def language(self) -> str | None:
        """The language in which the customer was to be answered."""
        return self.message.language

    def evidence(self, rule: str, words: str, quote: str | None = None) -> ScoreEvidence:
        """Return evidence about this reply."""
        shown = self.text if quote is None else quote
        return ScoreEvidence(rule=rule, words=words[:QUOTE], message_id=self.message.message_id, quote=shown[:QUOTE])


def replies_of(record: ScoredRecord) -> list[SentReply]:
    """Return what the agent sent, in order, without the sentence before the first reply that says what it is."""
    proposed = [each for each in record.actions if each.kind == "reply"]
    found = []
    for message in record.messages:
        if message.author is not Author.ASSISTANT:
            continue
        fitting = [(text, each) for each in proposed for text in _texts(each) if fits(message.text, text)]
        text = max((text for text, _ in fitting), key=len, default=message.text)
        rulings = tuple(each for said, each in fitting if said == text)
        found.append(SentReply(message, text, rulings, message.message_id in record.last_replies))
    return found


def own(replies: list[SentReply]) -> list[SentReply]:
    """Return those that no person decided on."""
    return [reply for reply in replies if not reply.by_person]


def fits(sent: str, proposed: str) -> bool:
    """Tell whether a message is the proposed text, alone or behind the sentence that says who answers."""
    return bool(proposed) and (sent == proposed or sent.endswith(f"\n\n{proposed}"))


def _texts(action: LedgerAction) -> Iterator[str]:
    if action.approval_status in APPROVED and action.decided_arguments:
        yield str(action.decided_arguments.get("text", ""))
    yield str(action.arguments.get("text", ""))


def spoken_before(record: ScoredRecord, reply: SentReply, author: Author) -> list[str]:
    """Return what the author had written up to the reply."""
    return [each.text for each in record.messages if each.author is author and each.at <= reply.message.at]


def effects_before(record: ScoredRecord, reply: SentReply) -> list[EffectResult]:
    """Return what the ledger held by the reply."""
    return [each for each in record.effects if each.applied_at <= reply.message.at]
