"""Answers of the model, as the domain sees them."""

from __future__ import annotations

import re
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field, ValidationError, field_validator

from handrail.domain.case.messages import MAX_CHARACTERS
from handrail.domain.errors import ModelRejected, ModelUnavailable
from handrail.domain.llm.agent import Disposition, ModelAnswer, ModelRequest, ToolCall, ToolSpec, Usage
from handrail.domain.llm.instructions import ANSWER
from handrail.llm.parsing.shapes import loaded, unfenced
from handrail.llm.prompting.schemas import pruned

THOUGHT = re.compile(r"</?(?:think|thinking|reasoning|thought)>")
"""Around what a model thought aloud before it spoke; some chat templates keep the opening tag to themselves."""
CUT = frozenset(("length", "max_tokens", "max_output_tokens", "model_length", "incomplete"))
FILTERED = frozenset(("content_filter", "safety", "recitation", "prohibited_content", "blocklist", "refusal"))


class Answer(BaseModel):
    """The arguments of the `answer` tool. Fields that it does not have are passed over: they reach nobody."""

    reply: str = Field(min_length=1, max_length=MAX_CHARACTERS, description="what the customer reads, in their language")
    confidence: float = Field(ge=0, le=1, description="0 to 1: how sure you are that the reply is right and complete")
    disposition: Disposition = Field(description="what should happen to the case after the reply")

    @field_validator("disposition", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value


ANSWER_TOOL = ToolSpec(
    name=ANSWER,
    description="Answer the customer. The only way to say something to the customer; call it alone.",
    parameters=Answer.model_json_schema(),
)


class Unusable(Exception):
    """The answer cannot be used, another try may do better. The words go back to the model and hold nothing of the answer."""


def read(message: AIMessage, request: ModelRequest, usage: Usage) -> ModelAnswer:
    """The answer.

    Raises:
        Unusable: malformed arguments, no tool called, or an answer that does not fit its schema.
        ModelRejected: a refusal, a filtered or a cut-off answer; asking again gives the same.
        ModelUnavailable: the server says that it failed in the middle.
    """
    metadata = message.response_metadata
    check_whole(message, str(metadata.get("finish_reason") or ""))
    about: dict[str, Any] = {
        "model": str(metadata.get("model_name") or ""),
        "fingerprint": metadata.get("system_fingerprint") or None,
        "usage": usage,
    }
    if message.invalid_tool_calls:
        raise Unusable("The arguments of your tool call were no valid JSON object.")
    calls = [call for call in message.tool_calls if call["name"] != ANSWER]
    if calls:  # an answer beside calls was written before their results were known
        return ModelAnswer(calls=[_call(index, dict(call), request) for index, call in enumerate(calls)], **about)
    answer = _answer(message)
    return ModelAnswer(reply=answer.reply, confidence=answer.confidence, disposition=answer.disposition, **about)


def check_whole(message: AIMessage, finish: str) -> None:
    """Refuse an answer that is not whole, even where what came can be read.

    Raises:
        ModelRejected: the model refused, or its answer was filtered or cut off.
        ModelUnavailable: the server says that it failed in the middle.
    """
    finish = finish.lower()
    if message.additional_kwargs.get("refusal"):
        raise ModelRejected("The model refused to answer; the case needs a person.")
    if finish in FILTERED:
        raise ModelRejected("The model's server filtered the answer; the case needs a person.")
    if finish in CUT:
        raise ModelRejected("The model's answer was cut off at its length limit; raise it or shorten the topic's prompt.")
    if finish == "error":
        raise ModelUnavailable("The model's server failed in the middle of its answer.")


def _call(index: int, call: dict[str, Any], request: ModelRequest) -> ToolCall:
    spec = next((tool for tool in request.tools if tool.name == call["name"]), None)
    arguments = pruned(call["args"], spec.parameters) if spec else call["args"]
    call_id = call.get("id") or f"call_{len(request.exchanges)}_{index}"  # some servers send none
    return ToolCall(call_id=call_id, tool=call["name"], arguments=arguments)


def _answer(message: AIMessage) -> Answer:
    """The `answer` call's arguments, or the same as JSON in the content: servers that pass over `tool_choice` do that."""
    said = [call["args"] for call in message.tool_calls]
    if any(one != said[0] for one in said):
        raise Unusable(f"It answered {len(said)} times. Call `{ANSWER}` once.")
    given = said[0] if said else _spoken(message.text)
    try:
        return Answer.model_validate(given)
    except ValidationError as error:
        fields = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]} & Answer.model_fields.keys()))
    raise Unusable(f"The arguments of `{ANSWER}` did not fit its schema{f', see {fields}' if fields else ''}.")


def _spoken(text: str) -> Any:
    try:
        found = content_json(text)
    except ValueError:
        pass
    else:
        if isinstance(found, dict) and found.get("name") == ANSWER:  # a call that the server did not take for one
            found = found.get("arguments", found.get("parameters"))
        return found
    if not text.strip():
        raise Unusable(f"It was empty. Call one tool; to speak to the customer call `{ANSWER}`.")
    raise Unusable(f"It called no tool. Call one tool; to speak to the customer call `{ANSWER}`.")


def content_json(text: str) -> Any:
    """The JSON that the content is, without thoughts before it and a fence around it.

    Raises:
        ValueError: it is none.
    """
    ends = list(THOUGHT.finditer(text))
    if ends and not ends[-1][0].startswith("</"):
        raise ValueError("it ends within a thought")
    return loaded(_fenced(text[ends[-1].end() :] if ends else text))


def _fenced(text: str) -> str:
    """Return what stands within the text's one fence, or all of it."""
    lines = text.strip().splitlines()
    marks = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    if len(marks) == 2 and lines[marks[1]].strip() == "```":
        return "\n".join(lines[marks[0] + 1 : marks[1]])
    return unfenced(text)
