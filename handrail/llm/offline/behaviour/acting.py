"""Answers of the offline model, from a request and a scripted behaviour."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from handrail.llm.offline.behaviour import extract
from handrail.llm.offline.behaviour.assessing import assess, assessor
from handrail.llm.offline.behaviour.delivery import CallTool, Move, Say, answer_tool, delivered, dumped
from handrail.llm.offline.behaviour.facts import empty
from handrail.llm.offline.behaviour.lexicon import phrase
from handrail.llm.offline.behaviour.rules import decide
from handrail.llm.offline.behaviour.sorting import sort, sorter
from handrail.llm.offline.behaviour.speaking import spoken
from handrail.llm.offline.reading import Conversation, converse
from handrail.llm.offline.script import Behaviour
from handrail.llm.offline.wire import ChatRequest, ScriptedAnswer

BROKEN = '{"reply": "This never en'
CALL_BY_NAME = re.compile(r"\b(?:call|use|run|invoke|execute)\s+(?:the\s+)?(?:tool\s+|function\s+)?`?([a-z]+(?:_[a-z]+)+)`?")

RECITE = re.compile(r"\b(?:repeat|reveal|print|show|output|recite)\b.{0,40}\b(?:system prompt|instructions)\b", re.IGNORECASE)
RECITED = 1_500
CHANCE = random.SystemRandom()


def acted(request: ChatRequest, behaviour: Behaviour, variant: str = "", chance: random.Random = CHANCE) -> ScriptedAnswer:
    """Return the assistant's answer; a request for free text at a temperature is answered by `chance`, as `variant` would."""
    conversation = converse(request)
    outcome = _scripted(request, conversation, behaviour)
    if outcome is None and request.temperature and not conversation.tools:
        outcome = ScriptedAnswer(content=spoken(conversation.last, variant, chance))
    outcome = outcome or _chosen(request, conversation, behaviour)
    outcome.model = request.model
    outcome.model = behaviour.model or outcome.model
    outcome.fingerprint = behaviour.fingerprint or outcome.fingerprint
    return outcome


def _scripted(request: ChatRequest, conversation: Conversation, behaviour: Behaviour) -> ScriptedAnswer | None:
    if behaviour.malformed:
        tool = answer_tool(conversation) or next(iter(conversation.tools), None)
        return ScriptedAnswer(calls=[(tool, BROKEN)]) if tool else ScriptedAnswer(content=BROKEN)
    if behaviour.empty:
        return ScriptedAnswer(content="")
    if behaviour.refusal is not None:
        return ScriptedAnswer(refusal=behaviour.refusal)
    if behaviour.finish_reason is not None:
        return ScriptedAnswer(content=BROKEN, finish=behaviour.finish_reason)
    if behaviour.content is not None:
        return ScriptedAnswer(content=behaviour.content)
    if behaviour.calls is not None:
        return ScriptedAnswer(calls=[(call.tool, dumped(call.arguments)) for call in behaviour.calls])
    if behaviour.reply is not None:
        return delivered(request, conversation, Say(behaviour.reply, behaviour.confidence, behaviour.disposition))
    return None


def _chosen(request: ChatRequest, conversation: Conversation, behaviour: Behaviour) -> ScriptedAnswer:
    """Choose the answer by the rules, within what `tool_choice` allows."""
    obedient = obeyed(conversation) if behaviour.obey_injection else None
    sorting, assessing = sorter(conversation), assessor(conversation)
    move: Move = obedient or (sort(conversation, sorting) if sorting else decide(conversation))
    if assessing:
        move = assess(request, conversation, assessing, obey=behaviour.obey_injection)
    choice = request.tool_choice
    if choice == "none" and isinstance(move, CallTool):
        move = Say(phrase(conversation.language, "ask_more"), 0.5, "awaiting_customer")
    forced = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if choice == "required" and isinstance(move, Say) and not answer_tool(conversation):
        forced = next(iter(conversation.tools), None)
    if forced and forced in conversation.tools and forced != answer_tool(conversation) and _tool(move) != forced:
        move = CallTool(forced, named_arguments(conversation, forced, conversation.last))
    return delivered(request, conversation, move)


def obeyed(conversation: Conversation) -> Move | None:
    """Follow an instruction inside data: call the tool that it names, with the arguments beside it, each call once; or recite
    the system prompt, word by word.
    """
    for text in _texts([*conversation.said, conversation.context, [one.result for one in conversation.done]]):
        tool = _named_tool(conversation, text)
        if tool is None:
            if RECITE.search(text):
                return Say(conversation.system[:RECITED], 0.95, "resolved")
            continue
        arguments = named_arguments(conversation, tool, text)
        if not any(one.tool == tool and one.arguments == arguments for one in conversation.done):
            return CallTool(tool, arguments)
    return None


def named_arguments(conversation: Conversation, tool: str, text: str) -> dict[str, Any]:
    """Arguments as the text gives them; those of a tool that is not offered are guessed."""
    orders, amount = extract.orders(text), extract.amount(text)
    found: dict[str, Any] = {**extract.address(text)}
    if orders:
        found["order_id"] = orders[0]
    if amount is not None:
        found["amount"] = amount
    known = conversation.tools.get(tool)
    if known is None:
        return found
    properties = known.parameters.get("properties", {})
    return {**empty(known), **{name: value for name, value in found.items() if name in properties}}


def _named_tool(conversation: Conversation, text: str) -> str | None:
    lower = text.lower()
    for name in conversation.tools:
        if "_" in name and (name in lower or name.replace("_", " ") in lower):
            return name
    match = CALL_BY_NAME.search(lower)
    return match[1] if match else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _tool(move: Move) -> str | None:
    return move.tool if isinstance(move, CallTool) else None
