"""What the model said, as the domain sees it."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.domain.agent import Disposition, ModelAnswer, ModelRequest, ToolCall, ToolSpec, Usage
from handrail.domain.errors import ModelRejected
from handrail.domain.instructions import ANSWER
from handrail.domain.messages import MAX_CHARACTERS
from handrail.llm.schemas import pruned


class Answer(BaseModel):
    """The arguments of the `answer` tool."""

    model_config = ConfigDict(extra="forbid")

    reply: str = Field(min_length=1, max_length=MAX_CHARACTERS, description="what the customer reads, in their language")
    confidence: float = Field(ge=0, le=1, description="0 to 1: how sure you are that the reply is right and complete")
    disposition: Disposition = Field(description="what should happen to the case after the reply")


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
    """Raises: ModelRejected: the model refused, or its answer was filtered or cut off."""
    if message.additional_kwargs.get("refusal"):
        raise ModelRejected("The model refused to answer; the case needs a person.")
    if finish == "content_filter":
        raise ModelRejected("The model's server filtered the answer; the case needs a person.")
    if finish == "length":
        raise ModelRejected("The model's answer was cut off at its length limit; raise it or shorten the topic's prompt.")


def _call(index: int, call: dict[str, Any], request: ModelRequest) -> ToolCall:
    spec = next((tool for tool in request.tools if tool.name == call["name"]), None)
    arguments = pruned(call["args"], spec.parameters) if spec else call["args"]
    call_id = call.get("id") or f"call_{len(request.exchanges)}_{index}"  # some servers send none
    return ToolCall(call_id=call_id, tool=call["name"], arguments=arguments)


def _answer(message: AIMessage) -> Answer:
    """The `answer` call's arguments, or the same as JSON in the content: servers that pass over `tool_choice` do that."""
    said = next((call["args"] for call in message.tool_calls), None)
    if said is None:
        said = _json(message.text)
    try:
        return Answer.model_validate(said)
    except ValidationError as error:
        fields = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]} & Answer.model_fields.keys()))
    raise Unusable(f"The arguments of `{ANSWER}` did not fit its schema{f', see {fields}' if fields else ''}.")


def _json(text: str) -> Any:
    text = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    if not text:
        raise Unusable(f"It was empty. Call one tool; to speak to the customer call `{ANSWER}`.")
    try:
        return json.loads(text)
    except ValueError:
        pass
    raise Unusable(f"It called no tool. Call one tool; to speak to the customer call `{ANSWER}`.")
