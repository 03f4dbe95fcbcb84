"""Words that their customer has edited or withdrawn, taken out of whatever quotes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphs.handover.retelling import restated
from graphs.handover.summary import customers_words
from graphs.state import CaseState
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.case.classification import Classification, FurtherWish
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message, standing
from handrail.domain.text.message.cards import without_cards

_PIECES = re.compile(r"(?<=[.!?])\s+|\n+|…")


class Unsaid:
    """A look at the words of `messages` that do not stand; they are all of the case that are at hand."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = [one for one in messages if one.author is Author.CUSTOMER]
        self._ids = {one.message_id for one in self._messages if not one.stands}
        self._gone = [_flat(one.text) for one in self._messages if not one.stands]
        self._left = [_flat(one.text) for one in standing(self._messages)] if self._gone else []
        self._withdrawn = {one.message_id for one in self._messages if one.withdrawn_at}

    def __bool__(self) -> bool:
        return bool(self._ids)

    def quoted(self, words: str) -> bool:
        """Return whether a sentence of the words is of a message that does not stand, and of none that does."""
        return any(any(piece in text for text in self._gone) and not self._stands(piece) for piece in _pieces(words))

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
        """The packet of the words that stand."""
        said = [one for one in packet.said if one.message_id not in self._ids]
        left = packet.model_copy(
            update={
                "stated": [one for one in packet.stated if one.message_id not in self._ids],
                "said": said,
                "asked": self.answers(packet.asked),
                "open_questions": [one for one in packet.open_questions if not self._asks_of(one)],
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

    def _asks_of(self, question: str) -> bool:
        return any(self.quoted(words) for words in customers_words(question))

    def _stands(self, piece: str) -> bool:
        return any(piece in text for text in self._left)


def _pieces(words: str) -> Iterator[str]:
    for piece in _PIECES.split(words):
        if flat := _flat(piece).strip(" .!?…"):
            yield flat


def _flat(text: str) -> str:
    return " ".join(without_cards(text).casefold().split())
