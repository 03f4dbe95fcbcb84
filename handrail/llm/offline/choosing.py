"""Which record a customer means, and the arguments for a tool."""

from __future__ import annotations

from typing import Any

from handrail.llm.offline import extract
from handrail.llm.offline.facts import Record
from handrail.llm.offline.lexicon import says
from handrail.llm.offline.reading import Conversation
from handrail.llm.offline.wire import Function

OPEN = ("pending", "paid")
LONGEST_REASON = 200
SHORTEST_WORD = 4


def possible(action: str, record: Record) -> bool:
    """Whether the action makes sense for the record, as far as the record tells."""
    status = record.get("status")
    if action == "cancel":
        return status is None or status in OPEN
    if action == "address":
        return status is None or status in OPEN or status == "shipped"
    left = record.get("refundable_usd")
    return action != "refund" or not isinstance(left, int | float) or left > 0


def meant(conversation: Conversation, known: dict[str, Record]) -> list[str]:
    """The ids that the customer names or describes, the newest message first; several where it stays open."""
    for text in reversed(conversation.said):
        if named := extract.orders(text):
            return named
    text = conversation.last
    if says(text, "newest") and known:
        return list(known)[:1]
    described = [identity for identity, record in known.items() if _describes(text, record)]
    return described or list(known)


def named(conversation: Conversation) -> list[str]:
    """The ids in the newest message that has some."""
    return next((found for text in reversed(conversation.said) if (found := extract.orders(text))), [])


def argument(conversation: Conversation, name: str, tool: Function, record: Record) -> Any:
    """A value for one argument from the customer's words, else from the record; None where neither has it."""
    schema = tool.parameters.get("properties", {}).get(name, {})
    texts = list(reversed(conversation.said))
    if name == "amount":
        stated = (money for text in texts if (money := extract.amount(text)) is not None)
        return next(stated, record.get("refundable_usd"))
    if name in ("street", "postal_code", "city", "country"):
        return next((found.get(name) for text in texts if (found := extract.address(text))), None)
    if name in ("reason", "note"):
        return conversation.last[:LONGEST_REASON]
    if "enum" in schema:
        return next((one for one in schema["enum"] if str(one).lower() in conversation.last.lower()), None)
    return record.get(name)


def _describes(text: str, record: Record) -> bool:
    """Whether the text has a telling word of one of the record's items."""
    words = {word.strip(".,!?;:").lower() for word in text.split()}
    return any(
        word.lower() in words
        for item in _items(record)
        if isinstance(item, dict)
        for word in str(item.get("name", "")).split()
        if len(word) >= SHORTEST_WORD
    )


def _items(record: Record) -> list[Any]:
    items = record.get("items")
    return items if isinstance(items, list) else []
