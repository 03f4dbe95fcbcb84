"""The OpenAI chat-completions protocol: what a request looks like, and every shape of an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OFFLINE_MODEL = "handrail-offline-1"
JUDGE_MODEL = "handrail-offline-judge-1"
"""The same rules under another name: a judge must not be the agent's own model."""
MODELS = (OFFLINE_MODEL, JUDGE_MODEL)
FINGERPRINT = "fp_handrail_rules_1"
CHARACTERS_PER_TOKEN = 4
PIECE = 24
"""Characters of a streamed piece."""


class Wire(BaseModel):
    """Fields that this server does not know are passed over, as other servers do."""

    model_config = ConfigDict(extra="ignore")


class ToolFunction(Wire):
    """A tool's definition."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class RequestTool(Wire):
    """A tool of a request; only functions are known."""

    type: Literal["function"]
    function: ToolFunction


class Called(Wire):
    """The function part of an earlier call."""

    name: str
    arguments: str


class EarlierCall(Wire):
    """A call that the assistant made before."""

    id: str
    function: Called


class ChatMessage(Wire):
    """A message; content may come in parts."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[EarlierCall] = Field(default_factory=list)
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The text of all parts."""
        if isinstance(self.content, list):
            return "\n".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class StreamOptions(Wire):
    """The options of a stream: a last chunk may carry the usage."""

    include_usage: bool = False


class ChatRequest(Wire):
    """`POST /v1/chat/completions`."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    tools: list[RequestTool] = Field(default_factory=list)
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] = "auto"
    response_format: dict[str, Any] | None = None
    stream: bool = False
    stream_options: StreamOptions = Field(default_factory=StreamOptions)
    n: Literal[1] = 1
    temperature: float | None = None


@dataclass(slots=True)
class ScriptedAnswer:
    """The answer of the assistant: calls as (tool, arguments as JSON text), or content."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    content: str | None = None
    refusal: str | None = None
    finish: str = ""
    model: str = OFFLINE_MODEL
    fingerprint: str = FINGERPRINT

    @property
    def finish_reason(self) -> str:
        """The reason why the answer ended."""
        return self.finish or ("tool_calls" if self.calls else "stop")

    def message(self) -> dict[str, Any]:
        """The assistant's message."""
        calls = [
            {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in self.calls
        ]
        body: dict[str, Any] = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        return {**body, "tool_calls": calls} if calls else body


def usage(request: ChatRequest, outcome: ScriptedAnswer) -> dict[str, int]:
    """Tokens, estimated from characters: a tokeniser's vocabulary would have to be downloaded."""
    asked = sum(len(said.text) + sum(len(call.function.arguments) for call in said.tool_calls) for said in request.messages)
    asked += sum(len(tool.model_dump_json()) for tool in request.tools)
    told = len(outcome.content or "") + sum(len(name) + len(arguments) for name, arguments in outcome.calls)
    prompt, completion = (-(-characters // CHARACTERS_PER_TOKEN) for characters in (asked, told))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def completion(request: ChatRequest, outcome: ScriptedAnswer, now: int) -> dict[str, Any]:
    """The whole answer in one piece."""
    choice = {"index": 0, "message": outcome.message(), "logprobs": None, "finish_reason": outcome.finish_reason}
    return {**_head("chat.completion", outcome, now), "choices": [choice], "usage": usage(request, outcome)}


def chunks(request: ChatRequest, outcome: ScriptedAnswer, now: int) -> Iterator[str]:
    """The answer as server-sent events."""
    head = _head("chat.completion.chunk", outcome, now)
    message = outcome.message()

    def event(delta: dict[str, Any], finish: str | None = None) -> str:
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return _event({**head, "choices": choices} | ({"usage": None} if request.stream_options.include_usage else {}))

    yield event({"role": "assistant", "content": None if outcome.calls else ""})
    for piece in _pieces(outcome.content or ""):
        yield event({"content": piece})
    for index, call in enumerate(message.get("tool_calls", [])):
        function = call["function"]
        yield event({"tool_calls": [{**call, "index": index, "function": {"name": function["name"], "arguments": ""}}]})
        for piece in _pieces(function["arguments"]):
            yield event({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield event({}, outcome.finish_reason)
    if request.stream_options.include_usage:
        yield _event({**head, "choices": [], "usage": usage(request, outcome)})
    yield "data: [DONE]\n\n"


def error(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """OpenAI's error object."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _head(kind: str, outcome: ScriptedAnswer, now: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": now,
        "model": outcome.model,
        "system_fingerprint": outcome.fingerprint,
    }


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))
