"""The client of a model's server: what it answers is mended before anybody reads it."""

from __future__ import annotations

import json
from typing import Any

import openai
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI

from handrail.llm.parsing.shapes import mended


class MendingChat(ChatOpenAI):
    """Asks as `ChatOpenAI` does; completions are read in the one shape of `mended`.

    The library's own way makes typed models of what is sent and of what comes back, and of those dicts again, which takes
    more of a processor than all the rest of a call.
    """

    async def ask(self, messages: list[BaseMessage], **given: Any) -> AIMessage:
        """Return what `ainvoke` returns, without its callbacks: for calls that nobody traces."""
        result = await self._agenerate(messages, **given)
        (generation, *others), message = result.generations, result.generations[0].message
        about = {} if others else result.llm_output or {}
        message.response_metadata = {**about, **(generation.generation_info or {}), **message.response_metadata}
        assert isinstance(message, AIMessage)  # noqa: S101 - every mended choice is the assistant's
        return message

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **given: Any
    ) -> ChatResult:
        """Ask for one completion; errors are those of `openai` and of a body that is no completion."""
        payload = self._get_request_payload(messages, stop=stop, **given)
        headers = payload.pop("extra_headers", None) or {}
        answer = await self.root_async_client.post(
            "/chat/completions",
            cast_to=openai.HttpxBinaryResponseContent,
            body=payload,
            options={"headers": {"Accept": "application/json", **headers}},
        )
        body = mended(json.loads(answer.content))
        result = self._create_chat_result(body)
        for choice, generation in zip(body["choices"], result.generations, strict=True):
            generation.message.additional_kwargs["refusal"] = choice["message"].get("refusal")
        return result
