"""Delivery of the server's view of what to do, in the shape that the request asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from handrail.llm.offline.reading import Conversation
from handrail.llm.offline.wire import ChatRequest, ScriptedAnswer

ANSWER_FIELDS = frozenset(("reply", "confidence", "disposition"))


@dataclass(frozen=True, slots=True)
class CallTool:
    """Call a tool."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Say:
    """Say something to the customer."""

    reply: str
    confidence: float
    disposition: str

    def fields(self) -> dict[str, Any]:
        """Return the arguments of an answer."""
        return {"reply": self.reply, "confidence": self.confidence, "disposition": self.disposition}


Move = CallTool | Say


def answer_tool(conversation: Conversation) -> str | None:
    """The tool that takes an answer, known by its fields."""
    return next(
        (name for name, tool in conversation.tools.items() if tool.parameters.get("properties", {}).keys() >= ANSWER_FIELDS),
        None,
    )


def delivered(request: ChatRequest, conversation: Conversation, move: Move) -> ScriptedAnswer:
    """The move as a call, as structured content, or as text."""
    if isinstance(move, CallTool):
        return ScriptedAnswer(calls=[(move.tool, dumped(move.arguments))])
    tool = answer_tool(conversation)
    if tool and request.tool_choice != "none":
        return ScriptedAnswer(calls=[(tool, dumped(move.fields()))])
    schema = structured(request)
    if schema is not None:
        return ScriptedAnswer(content=dumped(filled(schema, move)))
    return ScriptedAnswer(content=move.reply)


def structured(request: ChatRequest) -> dict[str, Any] | None:
    """The schema that the content must have, `{}` for any JSON object, None for plain text."""
    wanted = request.response_format or {}
    if wanted.get("type") == "json_schema":
        return dict(wanted.get("json_schema", {}).get("schema", {}))
    return {} if wanted.get("type") == "json_object" else None


def filled(schema: dict[str, Any], say: Say) -> dict[str, Any]:
    """An object of the schema: answer fields by name, others by type."""
    known = say.fields()
    properties = schema.get("properties") or {name: {} for name in known}
    return {name: known[name] if name in known else _example(one, say) for name, one in properties.items()}


def _example(schema: dict[str, Any], say: Say) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return filled(schema, say) if schema.get("properties") else {}
    values: dict[Any, Any] = {"string": say.reply, "number": say.confidence, "integer": 0, "boolean": False, "array": []}
    return values.get(kind) if isinstance(kind, str) else None


def dumped(value: Any) -> str:
    """JSON."""
    return json.dumps(value, ensure_ascii=False)
