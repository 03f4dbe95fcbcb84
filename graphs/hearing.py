"""A customer's words read once, where they come in: what they state, and how they are quoted. Never in workflow code.

Everything here is bounded: of very many words a fair share of every message is read, the transcript keeps them whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graphs.handover.retelling import restated
from handrail.domain.case.handoffs import CustomerWords, Handoff, MessageExtract, StatedFact
from handrail.domain.case.messages import Author, Message
from handrail.domain.text.message.cards import without_cards
from handrail.domain.text.message.entities import stated
from handrail.domain.text.message.excerpts import fair
from handrail.domain.text.message.mail import own_words

READ = 20_000
"""Characters of a turn that are read."""
SAID = 1_500
"""Characters of one message that a packet quotes."""
MARGIN = 80
"""A card number that the cut would go through is hidden whole."""
STATED = 60


def hear(messages: Sequence[Message], known: Iterable[Any] = ()) -> MessageExtract:
    """Read what the customer's `messages` say; `known` are facts, which tell the names of things."""
    spoken = [one for one in messages if one.author is Author.CUSTOMER]
    return MessageExtract(stated=best(stated(own(brief(spoken)), known)), said=[quoted(one) for one in spoken])


def unread(messages: Iterable[Message]) -> MessageExtract:
    """Describe messages that could not be read: that they came, and that the transcript holds them."""
    said = [CustomerWords(message_id=one.message_id, turn=one.turn, at=one.at, text="", clipped=True) for one in messages]
    return MessageExtract(said=said)


def brief(messages: Sequence[Message], limit: int = READ) -> list[Message]:
    """The messages, their texts no longer than `limit` characters together."""
    texts = fair([one.text for one in messages], limit)
    return [
        one if one.text == text else one.model_copy(update={"text": text}) for one, text in zip(messages, texts, strict=True)
    ]


def own(messages: Sequence[Message]) -> list[Message]:
    """The messages without what they quote: that is not what the customer states."""
    return [one.model_copy(update={"text": own_words(one.text)}) for one in messages]


def quoted(message: Message) -> CustomerWords:
    """The customer's words, card numbers hidden."""
    text = without_cards(message.text[: SAID + MARGIN])
    clipped = len(message.text) > SAID
    return CustomerWords(message_id=message.message_id, turn=message.turn, at=message.at, text=text[:SAID], clipped=clipped)


def merged(before: Iterable[StatedFact], new: Iterable[StatedFact]) -> list[StatedFact]:
    """Each thing once, as it was stated first."""
    found: dict[tuple[str, str], StatedFact] = {}
    for one in (*before, *new):
        found.setdefault((one.kind, one.value.casefold()), one)
    return best(list(found.values()))


def with_heard(packet: Handoff, heard: MessageExtract) -> Handoff:
    """The packet with what the customer wrote while people had the case; where they want nothing that stands, it says what."""
    fresh = {one.message_id for one in heard.said}
    others = [one for one in packet.said if one.message_id not in fresh]
    told = packet.model_copy(update={"stated": merged(packet.stated, heard.stated), "said": [*others, *heard.said]})
    return told if packet.wanted or not heard.said else restated(told)


def ends(ones: Sequence[Any], most: int) -> list[Any]:
    """The first few and the newest."""
    first = min(5, most // 2)
    return list(ones) if len(ones) <= most else [*ones[:first], *ones[first - most :]]


def best(ones: Sequence[StatedFact]) -> list[StatedFact]:
    """Keep the first and the newest where there are very many."""
    return ends(ones, STATED)
