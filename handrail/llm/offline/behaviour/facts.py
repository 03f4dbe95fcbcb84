"""Facts in context and results: records by their id, and the tools that can tell more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handrail.llm.offline.reading import Conversation
from handrail.llm.offline.wire import ToolFunction

READS = frozenset(("get", "list", "find", "search", "show", "read", "check", "lookup", "fetch", "view"))
ABOUT = frozenset(("eligibility", "status", "details", "history"))

Record = dict[str, Any]


def records(conversation: Conversation, key: str) -> dict[str, Record]:
    """Everything known under `key`, by id, in order of appearance; later data completes earlier data.

    A record is about the first id in it: a payment that names its order is no order.
    """
    found: dict[str, Record] = {}
    for source in (*conversation.context.values(), *(one.result for one in conversation.done if one.ok)):
        for record in _objects(source):
            first = next((name for name in record if name.endswith("_id")), None)
            if first == key:
                identity = str(record[key])
                found[identity] = {**found.get(identity, {}), **record}
    return found


def is_read(tool: str) -> bool:
    """Return whether the name says that the tool changes nothing; the wire does not."""
    parts = tool.split("_")
    return parts[0] in READS or parts[-1] in ABOUT


def needed(tool: ToolFunction) -> set[str]:
    """The arguments that must have a value."""
    properties = tool.parameters.get("properties", {})
    return {name for name in tool.parameters.get("required", []) if not optional(properties.get(name, {}))}


def optional(schema: dict[str, Any]) -> bool:
    """Return whether null stands for leaving it out."""
    return {"type": "null"} in schema.get("anyOf", [])


def empty(tool: ToolFunction) -> dict[str, Any]:
    """Null for every argument that may be left out but must be there."""
    properties = tool.parameters.get("properties", {})
    return {name: None for name in tool.parameters.get("required", []) if optional(properties.get(name, {}))}


def reader(conversation: Conversation, key: str, hint: str = "") -> ToolFunction | None:
    """The read tool that takes exactly this id; one with `hint` in its name first."""
    found = [tool for name, tool in conversation.tools.items() if is_read(name) and needed(tool) == {key}]
    return next((tool for tool in found if hint and hint in tool.name), found[0] if found else None)


def lister(conversation: Conversation, hint: str = "") -> ToolFunction | None:
    """A read tool without needed arguments whose answer is not here yet; with a hint only one that has it in its name."""
    return next(
        (
            tool
            for name, tool in conversation.tools.items()
            if is_read(name) and not needed(tool) and hint in name and not conversation.knows(name)
        ),
        None,
    )


def asked(conversation: Conversation, tool: str, key: str, identity: str) -> bool:
    """Return whether this turn called the tool for this id, or an earlier one did with effect."""
    calls = (*conversation.earlier, *conversation.done)
    return any(one.tool == tool and str(one.arguments.get(key)) == identity for one in calls)


def _objects(value: Any) -> Iterator[Record]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
