"""A request as the rules see it: only what is on the wire."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from handrail.llm.offline.wire import ChatMessage, ChatRequest, ToolFunction

BLOCK = re.compile(r"<data(?P<head>[^<>]*)>(?P<body>[^<>]*)</data>")
ATTRIBUTE = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')
LANGUAGE = re.compile(r"language:\s*([a-z]{2})\b", re.IGNORECASE)
FEEDBACK = re.compile(r"^# Feedback[^\n]*\n[^\n]*\n((?:- [^\n]*\n?)+)", re.MULTILINE)
NOTE = "A colleague handed the case back"


@dataclass(frozen=True, slots=True)
class Block:
    """A data block: its kind, its other attributes, its value."""

    kind: str
    attributes: dict[str, str]
    value: Any


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call that was made in this turn, with what came back."""

    tool: str
    arguments: dict[str, Any]
    result: Any
    ok: bool


@dataclass(slots=True)
class Conversation:
    """`said` are the customer's messages, oldest first; `asked` is what the assistant said last before the newest of them.

    `earlier` are effects of earlier turns after which the customer has not written; of those in `unknown` nobody knows whether
    they were made.
    """

    system: str = ""
    language: str | None = None
    tools: dict[str, ToolFunction] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    asked: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    done: list[MadeCall] = field(default_factory=list)
    earlier: list[MadeCall] = field(default_factory=list)
    unknown: list[MadeCall] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The customer's last words."""
        return self.said[-1] if self.said else ""

    def knows(self, tool: str) -> bool:
        """Return whether the tool's answer is here: in the context, or called in this turn."""
        return tool in self.context or any(one.tool == tool for one in self.done)


def converse(request: ChatRequest) -> Conversation:
    """The conversation of a request."""
    found = Conversation(tools={tool.function.name: tool.function for tool in request.tools})
    found.system = "\n".join(said.text for said in request.messages if said.role in ("system", "developer"))
    if language := LANGUAGE.search(found.system):
        found.language = language[1].lower()
    for part in FEEDBACK.findall(found.system):
        lines = [line.removeprefix("- ") for line in part.splitlines()]
        found.feedback += [line for line in lines if not line.startswith(NOTE)]
    calls: dict[str, tuple[str, str]] = {}
    for said in request.messages:
        if said.role == "user":
            _user(found, said)
        elif said.role == "assistant":
            calls |= {call.id: (call.function.name, call.function.arguments) for call in said.tool_calls}
            found.asked = said.text or found.asked
        elif said.role == "tool" and said.tool_call_id in calls:
            found.done.append(_done(*calls[said.tool_call_id], said.text))
    return found


def blocks(text: str) -> list[Block]:
    """The data blocks of a text; what is no JSON is left as text."""
    found = []
    for match in BLOCK.finditer(text):
        attributes = {name: str(_value(value)) for name, value in ATTRIBUTE.findall(match["head"])}
        found.append(Block(attributes.pop("kind", ""), attributes, _value(match["body"])))
    return found


def _user(found: Conversation, said: ChatMessage) -> None:
    """Blocks where there are some; else a plain chat message, as another client would send it."""
    parts = blocks(said.text)
    if not parts:
        found.said.append(said.text)
    for part in parts:
        if part.kind == "customer":
            found.said.append(str(part.value))
        elif part.kind == "note":  # a question that code asked for the assistant
            found.asked = str(part.value)
        elif part.kind == "context":
            found.context[part.attributes.get("name", "")] = part.value
        elif part.kind == "earlier":
            _earlier(found, part.value)


def _earlier(found: Conversation, calls: Any) -> None:
    for one in calls if isinstance(calls, list) else ():
        call = MadeCall(one["tool"], one["arguments"], one["result"], one["outcome"] == "applied")
        if one["outcome"] == "unknown":
            found.unknown.append(call)
        elif call.ok and not one["customer_wrote_since"]:
            found.earlier.append(call)


def _done(tool: str, arguments: str, text: str) -> MadeCall:
    parts = blocks(text)
    ok = not any(part.kind == "refusal" for part in parts)
    result = parts[0].value if parts else _value(text)
    given = _value(arguments)
    return MadeCall(tool, given if isinstance(given, dict) else {}, result, ok)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
