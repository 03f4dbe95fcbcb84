"""Choosing the record that a customer means, and the arguments for a tool."""

from __future__ import annotations

from typing import Any

from babel.numbers import list_currencies

from handrail.llm.offline.behaviour import extract
from handrail.llm.offline.behaviour.facts import Record
from handrail.llm.offline.behaviour.lexicon import says
from handrail.llm.offline.reading import Conversation
from handrail.llm.offline.wire import ToolFunction

OPEN = ("pending", "paid")
REASONS = ("reason", "note")
LONGEST_REASON = 200
SHORTEST_WORD = 4


def possible(action: str, record: Record) -> bool:
    """Return whether the action makes sense for the record, as far as the record tells."""
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


def argument(conversation: Conversation, name: str, tool: ToolFunction, record: Record) -> Any:
    """A value for one argument from the customer's words, else from the record; None where neither has it."""
    schema = tool.parameters.get("properties", {}).get(name, {})
    texts = list(reversed(conversation.said))
    if name == "amount":
        return _sum(texts, record)
    if name in ("street", "postal_code", "city", "country"):
        return next((found.get(name) for text in texts if (found := extract.address(text))), None)
    if name in REASONS:
        return conversation.last[:LONGEST_REASON]
    if "enum" in schema:
        return next((one for one in schema["enum"] if str(one).lower() in conversation.last.lower()), None)
    return record.get(name)


def currency(record: Record) -> str | None:
    """The currency of the record's sums, by the ending of their names: `refundable_usd` is in USD."""
    endings = (name.rpartition("_")[2].upper() for name, value in record.items() if isinstance(value, int | float))
    return next((one for one in endings if len(one) == 3 and one in list_currencies()), None)


def foreign(conversation: Conversation, record: Record) -> bool:
    """Return whether the customer named a sum in another currency than the record's."""
    own, named = currency(record), _named(conversation.said[::-1], record)
    return bool(own and named and own not in named.currencies)


def _sum(texts: list[str], record: Record) -> float | None:
    """The sum that the customer named for the record, in its currency; all that is left where they named none."""
    own, named = currency(record), _named(texts, record)
    if named is None:
        return None if any(extract.sums(text) for text in texts) else record.get("refundable_usd")
    return named.value if own is None or own in named.currencies else None


def _named(texts: list[str], record: Record) -> extract.NamedSum | None:
    latest = next((text for text in texts if extract.sums(text)), "")
    return extract.sum_for(str(record.get("order_id", "")), latest)


def _describes(text: str, record: Record) -> bool:
    """Return whether the text has a telling word of one of the record's items."""
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
