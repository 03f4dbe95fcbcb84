"""A model request as chat messages: rules and the topic's prompt as system message, everything else as data.

There is one system message and it comes first: many chat templates of self-hosted models refuse another one. The
guardrail's feedback therefore stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from handrail.domain.case.messages import Author, Message
from handrail.domain.llm.agent import Exchange, ModelRequest
from handrail.domain.llm.instructions import RULES
from handrail.llm.prompting.markers import block, plain

MAX_MESSAGES = 40
MAX_CHARACTERS = 24_000
MAX_DATA = 20_000
"""Bounds of the transcript (messages, characters) and of each tool result or prefetched value (characters of JSON)."""

KINDS = {Author.CUSTOMER: "customer", Author.PERSON: "colleague", Author.SYSTEM: "note"}


def build(request: ModelRequest, correction: str | None = None) -> list[BaseMessage]:
    """The chat messages; `correction` says why the last answer to this very request could not be used."""
    kept = bounded(request.transcript)
    cut = len(request.transcript) - len(kept)
    turns: list[BaseMessage] = [_spoken(message) for message in kept]
    turns += [HumanMessage(block("context", value, limit=MAX_DATA, name=name)) for name, value in request.context.items()]
    if request.earlier:
        turns.append(HumanMessage(block("earlier", [one.model_dump(mode="json") for one in request.earlier])))
    if not turns or isinstance(turns[-1], AIMessage):
        turns.append(HumanMessage("Go on with the case."))
    return [SystemMessage(system(request, cut, correction)), *_merged(turns), *_exchanged(request.exchanges)]


def system(request: ModelRequest, cut: int = 0, correction: str | None = None) -> str:
    """The one system message; `cut` is how many of the oldest messages were left out."""
    parts = [RULES, f"# Topic: {request.topic}\n{request.prompt.strip()}", f"Customer's language: {request.language}"]
    if cut:
        parts.append(f"The {cut} oldest messages of this conversation are left out; do not guess what they said.")
    if request.feedback:
        # on one line each: feedback may quote the reply, and a line break would let that open a section of its own
        lines = "\n".join(f"- {' '.join(plain(words).split())}" for words in request.feedback)
        parts.append(f"# Feedback on this turn\nTake this into account and correct yourself:\n{lines}")
    if correction:
        parts.append(f"# Your last answer could not be used\n{correction}")
    return "\n\n".join(parts)


def bounded(transcript: list[Message]) -> list[Message]:
    """The newest messages within the bounds, oldest first; the very last is always among them."""
    kept: list[Message] = []
    left = MAX_CHARACTERS
    for message in reversed(transcript[-MAX_MESSAGES:]):
        left -= len(message.text)
        if kept and left < 0:
            break
        kept.append(message)
    return kept[::-1]


def _spoken(message: Message) -> BaseMessage:
    if message.author is Author.ASSISTANT:
        return AIMessage(plain(message.text))
    return HumanMessage(block(KINDS[message.author], message.text))


def _merged(turns: Iterable[BaseMessage]) -> list[BaseMessage]:
    """Neighbours of one role become one message: some templates insist that the roles alternate."""
    merged: list[BaseMessage] = []
    for turn in turns:
        if merged and type(merged[-1]) is type(turn):
            merged[-1] = type(turn)(content=f"{merged[-1].content}\n\n{turn.content}")
        else:
            merged.append(turn)
    return merged


def _exchanged(exchanges: list[Exchange]) -> list[BaseMessage]:
    messages: list[BaseMessage] = []
    for one in exchanges:
        call = one.call
        messages.append(
            AIMessage("", tool_calls=[{"type": "tool_call", "id": call.call_id, "name": call.tool, "args": call.arguments}])
        )
        data = block("result" if one.ok else "refusal", one.result, limit=MAX_DATA, tool=call.tool)
        messages.append(ToolMessage(data, tool_call_id=call.call_id))
    return messages
