"""Words that their customer has edited or withdrawn, taken out of whatever quotes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from graphs.handover.retelling import restated
from graphs.handover.summary import customers_words
from graphs.state import CaseState
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.proposals import ProposalKind
from handrail.domain.case.classification import Classification, FurtherWish
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message, standing
from handrail.domain.text.message.cards import without_cards

_PIECES = re.compile(r"(?<=[.!?])\s+|\n+|…")
_REFERENCE = re.compile(r"(?<![\w-])[a-z]{1,4}[-_ ]?\d{3,}(?![\w-])")
_NUMBER = re.compile(r"(?<![\w-])\d+(?:[.,]\d+)*(?![\w-])")
_GIVEN = re.compile(r"\w+=(.{4,}?)(?=, \w+=|\):|\)$)")
MARK = " (the customer has edited or withdrawn words since that it may rest on)"
"""Behind what the agent did by words that do not stand: it happened, and is not left out."""


class Unsaid:
    """A look at the words of `messages` that do not stand; they are all of the case that are at hand."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = [one for one in messages if one.author is Author.CUSTOMER]
        self._ids = {one.message_id for one in self._messages if not one.stands}
        self._gone = [_flat(one.text) for one in self._messages if not one.stands]
        self._left = [_flat(one.text) for one in standing(self._messages)] if self._gone else []
        self._withdrawn = {one.message_id for one in self._messages if one.withdrawn_at}
        self._figures = _figures(self._gone) - _figures(self._left)

    def __bool__(self) -> bool:
        return bool(self._ids)

    def quoted(self, words: str) -> bool:
        """Return whether a sentence of the words is of a message that does not stand, and of none that does."""
        return any(any(piece in text for text in self._gone) and not self._stands(piece) for piece in _pieces(words))

    def named(self, line: str) -> bool:
        """Return whether a line of our own names what only messages say that do not stand: a figure, a value, a sentence."""
        flat = _flat(line)
        given = [one for one in _GIVEN.findall(flat) if any(one in text for text in self._gone) and not self._stands(one)]
        return bool(given) or bool(_figures([flat]) & self._figures) or self.quoted(line)

    def marked(self, line: str) -> str:
        """The line, with a mark where it names what does not stand."""
        return line if line.endswith(MARK) or not self.named(line) else f"{line}{MARK}"

    def wishes(self, besides: Sequence[FurtherWish]) -> list[FurtherWish]:
        """The wishes in sentences that stand."""
        left = [
            one.model_copy(update={"sentences": [said for said in one.sentences if not self.quoted(said)]}) for one in besides
        ]
        return [one for one in left if one.sentences]

    def answers(self, asked: Sequence[AskedEffect]) -> list[AskedEffect]:
        """The effects that were asked about, without the words of answers that are withdrawn: that they came is kept."""
        return [
            one.model_copy(
                update={
                    "answers": [
                        given.model_copy(update={"words": ""}) if given.message_id in self._withdrawn else given
                        for given in one.answers
                    ]
                }
            )
            for one in asked
        ]

    def classification(self, found: Classification | None) -> Classification | None:
        """The classification without wishes that do not stand."""
        return found.model_copy(update={"besides": self.wishes(found.besides)}) if found else None

    def packet(self, packet: Handoff) -> Handoff:
        """The packet of the words that stand. A reply that was suggested of others is none any more."""
        said = [one for one in packet.said if one.message_id not in self._ids]
        draft = packet.suggested_reply
        rests = draft is not None and (len(said) < len(packet.said) or self.named(draft))
        left = packet.model_copy(
            update={
                "stated": [one for one in packet.stated if one.message_id not in self._ids],
                "said": said,
                "asked": self.answers(packet.asked),
                "open_questions": [one for one in packet.open_questions if not self._asks_of(one)],
                "tried": [self.marked(one) for one in packet.tried],
                "next_step": self.marked(packet.next_step),
                "suggested_reply": None if rests else draft,
            }
        )
        told = len(said) == len(packet.said) and not self.quoted(packet.wanted) and not self.quoted(packet.problem)
        return left if told else restated(left)

    def state(self, state: CaseState) -> CaseState:
        """The state of a turn without the words that do not stand; which messages it reads is its case's to say."""
        return state.model_copy(
            update={
                "stated": [one for one in state.stated if one.message_id not in self._ids],
                "besides": self.wishes(state.besides),
                "asked": self.answers(state.asked),
                "classification": self.classification(state.classification),
                "handoff": self.packet(state.handoff) if state.handoff else None,
            }
        )

    def ended(self, state: CaseState) -> CaseState:
        """The same of a turn that goes on no more, without a reply that it would have given to words that do not stand."""
        read = {one.message_id for one in state.incoming} | {one.message_id for one in state.stated}
        replies = [
            one
            for one in state.proposals
            if one.kind is ProposalKind.REPLY and (read & self._ids or self.named(str(one.arguments.get("text", ""))))
        ]
        left = [one for one in state.proposals if one not in replies]
        return self.state(state.model_copy(update={"proposals": left}))

    def _asks_of(self, question: str) -> bool:
        return any(self.quoted(words) for words in customers_words(question))

    def _stands(self, piece: str) -> bool:
        return any(piece in text for text in self._left)


def _pieces(words: str) -> Iterator[str]:
    for piece in _PIECES.split(words):
        if flat := _flat(piece).strip(" .!?…"):
            yield flat


def _figures(texts: Iterable[str]) -> set[str]:
    """Return the references and numbers in flat texts, each in one spelling."""
    found = set()
    for text in texts:
        found |= {re.sub(r"[-_ ]", "", one) for one in _REFERENCE.findall(text)}
        found |= {one.replace(",", ".").removesuffix(".00") for one in _NUMBER.findall(text)}
    return {one for one in found if len(one) > 1}


def _flat(text: str) -> str:
    return " ".join(without_cards(text).casefold().split())
