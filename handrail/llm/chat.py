"""A language model behind any server that speaks the OpenAI chat-completions protocol.

The structured answer is itself a tool, `answer`, and a tool call is required. With `response_format` beside tools OpenAI
demands that every tool be strict, and vLLM and Ollama then force the whole output into the answer's schema, so that no tool
can be called. A required call works on all of them, and what comes back has one shape: calls.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import openai
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import SecretStr, ValidationError

from handrail.domain.case.messages import IDENTIFIER
from handrail.domain.errors import ModelFailed, ModelRejected
from handrail.domain.llm.agent import ModelAnswer, ModelRequest, ToolSpec, Usage
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.llm.instructions import ANSWER
from handrail.domain.quality.judge.canary import CanaryAnswer, CanaryPrompt
from handrail.domain.quality.judge.judging import JudgeQuestion, JudgeReading
from handrail.llm import consulting, judging
from handrail.llm.parsing.answers import ANSWER_TOOL, Unusable, read
from handrail.llm.parsing.mending import MendingChat
from handrail.llm.prompting.prompts import build
from handrail.llm.prompting.schemas import wire
from handrail.llm.server.address import OPENAI_URL
from handrail.llm.server.calls import About
from handrail.llm.server.failures import translated
from handrail.llm.server.health import Answered

ATTEMPTS = 2
"""An unusable answer is asked for once more, told why. One that fails twice needs a person."""
NO_KEY = "none"
MILLION = 1_000_000
BYTES_PER_TOKEN = 2


class CallWatch(Protocol):
    """A watch around each call: it may refuse to send, and it is told how the call went."""

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered: ...


class ChatModel:
    """The ports `LanguageModel`, `Consultant`, `Judge` and `Speaker`. Prices are USD per million tokens.

    `timeout_seconds` bounds each call as a whole; `headers` go with each call, for gateways that want more than a key.

    Errors of the server are not retried here. Traces go to LangSmith only where `trace` is true and LangSmith's own variables
    are set as well: a trace carries customers' words to another company.
    """

    def __init__(
        self,
        *,
        model: str,
        api_key: SecretStr | None = None,
        base_url: str | None = None,
        timeout_seconds: float = 30.0,
        price_prompt: float = 0.0,
        price_completion: float = 0.0,
        max_tokens: int | None = None,
        tool_choice: str = "required",
        headers: Mapping[str, str] | None = None,
        trace: bool = False,
        watch: CallWatch | None = None,
    ) -> None:
        self._watch = watch
        self._model = model
        self._timeout = timeout_seconds
        self._prices = (price_prompt, price_completion)
        self._choice = tool_choice
        self._trace = trace
        # Its own HTTP client: langchain-openai would share one between all models of the process, which cannot be closed.
        self._http = openai.DefaultAsyncHttpxClient(timeout=timeout_seconds, follow_redirects=False)
        self._chat = MendingChat(
            model=model,
            api_key=_later(api_key),
            base_url=base_url or OPENAI_URL,
            default_headers=dict(headers or {}),
            timeout=timeout_seconds,
            max_retries=0,
            max_tokens=max_tokens,
            http_async_client=self._http,
            http_socket_options=(),
            openai_proxy=None,
            use_responses_api=False,
            output_version="v0",
            cache=False,
        )

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """The model's calls or its answer, with the usage of every attempt.

        Raises:
            ModelUnavailable: no connection, no answer in time, 408, 409, 425, 429, 5xx, or a body that is no completion;
                with `wait` where the server asks to be left alone for a time.
            ModelRejected: any other 4xx; a refusal, a filtered or cut-off answer; twice an answer that cannot be used.
            SwitchedOff: the watch found the agent switched off; nothing was sent.
        """
        if any(tool.name == ANSWER for tool in request.tools):
            raise ModelRejected(f"Topic {request.topic}: a tool is named {ANSWER!r}, which is taken; rename the tool.")
        usage, correction = Usage(), None
        for _ in range(ATTEMPTS):
            tools, messages = [*request.tools, ANSWER_TOOL], build(request, correction)
            about = About(request.case_id, request.topic, request.customer_id)
            message, spent = await self._ask(about, tools, messages)
            usage = usage.plus(spent)
            try:
                return read(message, request, usage)
            except Unusable as unusable:
                correction = str(unusable)
        raise ModelRejected(f"Model {self._model!r}: {ATTEMPTS} answers could not be used. {correction}")

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        """Ask the model what a message is about, once; an answer that does not fit is no opinion.

        Raises:
            ModelUnavailable, ModelRejected, SwitchedOff: see `complete`.
        """
        tools, messages = [consulting.tool(question)], consulting.build(question)
        message, spent = await self._ask(About(question.case_id, customer_id=question.customer_id), tools, messages)
        return consulting.read(message, spent)

    async def judge(self, question: JudgeQuestion) -> JudgeReading:
        """Ask the model to judge a case by one criterion, once; what cannot be used is a reading that says so.

        Raises:
            ModelUnavailable, ModelRejected: the server's errors, see `complete`.
        """
        tools, messages = [judging.tool(question)], judging.build(question)
        message, spent = await self._ask(About(question.case_id), tools, messages)
        return judging.read(message, question, spent)

    async def speak(self, prompt: CanaryPrompt, temperature: float) -> CanaryAnswer:
        """Ask the model for free text, without tools.

        Raises:
            ModelUnavailable, ModelRejected: the server's errors, see `complete`.
        """
        message, spent = await self._ask(About(prompt.name), [], [HumanMessage(prompt.text)], temperature=temperature)
        name = str(message.response_metadata.get("model_name") or "")
        fingerprint = message.response_metadata.get("system_fingerprint")
        return CanaryAnswer(text=message.text, model=name, fingerprint=str(fingerprint) if fingerprint else None, usage=spent)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, about: About, specs: list[ToolSpec], messages: list[BaseMessage], **more: Any) -> Answered:
        """One call, under the watch where there is one."""
        if self._watch is None:
            return await self._send(about.case_id, specs, messages, **more)
        return await self._watch.around(about, lambda: self._send(about.case_id, specs, messages, **more))

    async def _send(self, case_id: str, specs: list[ToolSpec], messages: list[BaseMessage], **more: Any) -> Answered:
        """One call. The client's error is left behind entirely: its chain would carry keys and texts into logs."""
        tools = [wire(tool) for tool in specs]
        about_tools: dict[str, Any] = (
            {"tools": tools, "tool_choice": self._choice, "parallel_tool_calls": False} if tools else {}
        )
        started = time.monotonic()
        failed: ModelFailed | None
        try:
            async with asyncio.timeout(self._timeout):
                ask = self._chat.ainvoke if self._trace else self._chat.ask
                message = await ask(messages, **about_tools, **more, extra_headers=_correlation(case_id))
            return message, self._usage(message, time.monotonic() - started, messages, tools)
        except ValidationError:
            return _garbled(), self._usage(_garbled(), time.monotonic() - started, messages, tools)
        except Exception as error:
            failed = translated(error, self._model)
            if failed is None:
                raise
        raise failed

    def _usage(self, message: AIMessage, seconds: float, asked: list[BaseMessage], tools: list[dict[str, Any]]) -> Usage:
        """Return the usage that the server counted; where it does not say, an estimate, rather too high than too low."""
        used = message.usage_metadata
        prompt, completion = (used["input_tokens"], used["output_tokens"]) if used else (0, 0)
        estimated = not (prompt and completion)
        prompt = prompt or tokens([*(_sent(one) for one in asked), tools])
        completion = completion or tokens(_sent(message))
        cost = (prompt * self._prices[0] + completion * self._prices[1]) / MILLION
        return Usage(
            calls=1, prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost, seconds=seconds, estimated=estimated
        )


def tokens(value: Any) -> int:
    """Tokens of what is sent as JSON, at most: tokenisers need one for two to four bytes of what people and programs write."""
    return -(-len(json.dumps(value, ensure_ascii=False, default=str).encode(errors="surrogatepass")) // BYTES_PER_TOKEN)


def _sent(message: BaseMessage) -> list[Any]:
    return [message.content, getattr(message, "tool_calls", []), getattr(message, "invalid_tool_calls", [])]


def _later(key: SecretStr | None) -> Any:
    """The key as a coroutine function: langchain-openai then builds no second, synchronous client, and shows no key."""

    async def secret() -> str:
        return key.get_secret_value() if key else NO_KEY

    return secret


def _correlation(case_id: str) -> dict[str, str]:
    """The case's id for the server's own logs, in the header that OpenAI names for it."""
    return {"X-Client-Request-Id": case_id} if IDENTIFIER.fullmatch(case_id) else {}


def _garbled() -> AIMessage:
    broken = {"type": "invalid_tool_call", "id": None, "name": None, "args": None, "error": None}
    return AIMessage("", invalid_tool_calls=[broken])
