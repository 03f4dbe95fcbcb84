"""Sorting a message, where a request asks for nothing else: a topic only where its words clearly stand there."""

from __future__ import annotations

import re
from typing import Any

from handrail.llm.offline.behaviour.delivery import CallTool
from handrail.llm.offline.behaviour.lexicon import actions, says
from handrail.llm.offline.reading import Conversation
from handrail.llm.offline.wire import ToolFunction

SORT_FIELDS = frozenset(("topic", "risk", "confidence", "why"))
OUT_OF_SCOPE = "out_of_scope"
ALWAYS_DONE = "password"
SUBJECTS = ("order", "payment")
CLEAR, UNCLEAR = 0.75, 0.6


def sorter(conversation: Conversation) -> ToolFunction | None:
    """The tool that takes a topic, known by its fields."""
    tools = conversation.tools.values()
    return next((tool for tool in tools if tool.parameters.get("properties", {}).keys() >= SORT_FIELDS), None)


def sort(conversation: Conversation, tool: ToolFunction) -> CallTool:
    """The one topic that fits; out of scope where none does, or several."""
    names = [str(one) for one in tool.parameters["properties"]["topic"].get("enum", [])]
    fitting = [one for one in names if one != OUT_OF_SCOPE and fits(conversation.last, one)]
    clear = len(fitting) == 1
    said: dict[str, Any] = {
        "topic": fitting[0] if clear else OUT_OF_SCOPE,
        "risk": "low",
        "confidence": CLEAR if clear else UNCLEAR,
        "why": "its words stand there" if clear else "several topics fit" if fitting else "no topic's words stand there",
    }
    return CallTool(tool.name, said)


def fits(text: str, topic: str) -> bool:
    """Return whether the text asks for what the topic's name says: an action, the state of something, or its very words."""
    parts = topic.split("_")
    asking = bool(says(text, "inquiry"))
    acting = [part for part in parts if part in actions()]
    if acting:
        return any(says(text, "actions", part) and (part == ALWAYS_DONE or not asking) for part in acting)
    subjects = [part for part in parts if part in SUBJECTS]
    if subjects and "status" in parts:
        return asking and any(says(text, part) for part in subjects)
    return all(re.search(rf"\b{re.escape(part)}", text.lower()) for part in parts)
