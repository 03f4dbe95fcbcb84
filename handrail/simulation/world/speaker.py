"""The offline model in this process, and the same after its owner has quietly put another one behind its name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from handrail.domain.errors import ModelRejected
from handrail.domain.llm.agent import Disposition, ModelAnswer, ModelRequest, ToolSpec, Usage
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.llm import consulting
from handrail.llm.offline.behaviour.acting import acted
from handrail.llm.offline.script import Behaviour
from handrail.llm.offline.wire import OFFLINE_MODEL, Called, ChatMessage, ChatRequest, EarlierCall, RequestTool, ScriptedAnswer
from handrail.llm.parsing.answers import ANSWER_TOOL, Unusable, read
from handrail.llm.prompting.prompts import build
from handrail.llm.prompting.schemas import wire
from handrail.simulation.chance import part

ROLES: Mapping[str, Literal["system", "user", "assistant"]] = {"system": "system", "human": "user", "ai": "assistant"}
AS_USUAL = Behaviour(obey_injection=False)


class Failing(StrEnum):
    """The way in which a changed model fails in a case."""

    NONE = "none"
    UNHELPFUL = "unhelpful"
    INVENTED = "invented"
    UNSURE = "unsure"


SHARES = {Failing.UNHELPFUL: 0.12, Failing.INVENTED: 0.08, Failing.UNSURE: 0.06}
"""Of the cases that a changed model answers."""
EMPTY_WORDS = {
    "en": "Thank you for your message. Everything is in order with your request.",
    "de": "Vielen Dank für Ihre Nachricht. Mit Ihrem Anliegen ist alles in Ordnung.",
    "fr": "Merci pour votre message. Tout est en ordre pour votre demande.",
    "es": "Gracias por su mensaje. Todo está en orden con su solicitud.",
    "nl": "Bedankt voor uw bericht. Met uw verzoek is alles in orde.",
}
INVENTED_WORDS = {
    "en": "In addition, 25.00 USD will be refunded to you by 3 March.",
    "de": "Außerdem werden Ihnen bis zum 3. März 25,00 USD erstattet.",
    "fr": "De plus, 25,00 USD vous seront remboursés avant le 3 mars.",
    "es": "Además, se le reembolsarán 25,00 USD antes del 3 de marzo.",
    "nl": "Bovendien wordt u vóór 3 maart 25,00 USD terugbetaald.",
}


def failing(seed: int, case_id: str) -> Failing:
    """Return how the changed model fails in the case: in a case always in the same way."""
    place = part(seed, "model", case_id)
    for kind, share in SHARES.items():
        if place < share:
            return kind
        place -= share
    return Failing.NONE


class SimulatedModel:
    """The ports `LanguageModel` and `Consultant`. With `changed` its answers are those of another model, its name is not."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._tools: dict[str, RequestTool] = {}
        self.changed = False

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer as the offline model does, or as the changed one. Raises: ModelRejected: the answer could not be used."""
        specs, messages = [*request.tools, ANSWER_TOOL], build(request)
        message, usage = self._asked(specs, messages)
        try:
            answer = read(message, request, usage)
        except Unusable as unusable:
            raise ModelRejected(f"Model {OFFLINE_MODEL!r}: {unusable}") from unusable
        return self._as_changed(request, answer) if self.changed else answer

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        """Say what a message is about. Raises: ModelRejected."""
        message, usage = self._asked([consulting.tool(question)], consulting.build(question))
        return consulting.read(message, usage)

    def _asked(self, specs: Sequence[ToolSpec], messages: Sequence[BaseMessage]) -> tuple[AIMessage, Usage]:
        asked = ChatRequest.model_construct(
            model=OFFLINE_MODEL,
            messages=[_message(one) for one in messages],
            tools=[self._tool(spec) for spec in specs],
            tool_choice="required",
            response_format=None,
            temperature=None,
        )
        outcome = acted(asked, AS_USUAL)
        return _answer(outcome, len(messages)), Usage(calls=1, prompt_tokens=1_000, completion_tokens=100)

    def _tool(self, spec: ToolSpec) -> RequestTool:
        """The tool as the wire has it; within one simulation a name is always the same tool's."""
        if spec.name not in self._tools:
            self._tools[spec.name] = RequestTool.model_validate(wire(spec))
        return self._tools[spec.name]

    def _as_changed(self, request: ModelRequest, answer: ModelAnswer) -> ModelAnswer:
        if answer.reply is None:
            return answer
        kind = failing(self._seed, request.case_id)
        if kind is Failing.UNHELPFUL:
            words = EMPTY_WORDS.get(request.language, EMPTY_WORDS["en"])
            return answer.model_copy(update={"reply": words, "confidence": 0.9, "disposition": Disposition.RESOLVED})
        if kind is Failing.INVENTED:
            words = INVENTED_WORDS.get(request.language, INVENTED_WORDS["en"])
            return answer.model_copy(update={"reply": f"{answer.reply} {words}"})
        return answer.model_copy(update={"confidence": 0.3}) if kind is Failing.UNSURE else answer


def _message(one: BaseMessage) -> ChatMessage:
    """The message as it would be on the wire."""
    if isinstance(one, ToolMessage):
        return ChatMessage.model_construct(role="tool", content=one.text, tool_calls=[], tool_call_id=one.tool_call_id)
    calls = [
        EarlierCall(id=str(call["id"]), function=Called(name=call["name"], arguments=json.dumps(call["args"])))
        for call in (one.tool_calls if isinstance(one, AIMessage) else [])
    ]
    role = ROLES[one.type]
    return ChatMessage.model_construct(role=role, content=one.text, tool_calls=calls, tool_call_id=None)


def _answer(outcome: ScriptedAnswer, place: int) -> AIMessage:
    calls = [
        {"type": "tool_call", "id": f"call_{place}_{index}", "name": name, "args": json.loads(arguments)}
        for index, (name, arguments) in enumerate(outcome.calls)
    ]
    about = {"finish_reason": outcome.finish_reason, "model_name": OFFLINE_MODEL, "system_fingerprint": outcome.fingerprint}
    return AIMessage(outcome.content or "", tool_calls=calls, response_metadata=about)
