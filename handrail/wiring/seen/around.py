"""Figures and spans around ports: what is inside knows nothing of them, and where nobody looks nothing stands around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from graphs.nodes.case_nodes import CaseNodes, Update
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.errors import ModelRejected, ModelUnavailable, OutcomeUnknown, SwitchedOff
from handrail.domain.llm.agent import ToolSpec
from handrail.ports import SystemOfRecord
from handrail.ports.business import Checked
from handrail.seeing.figures import catalogue
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.now import Seen, now
from handrail.seeing.traces import conventions as names
from handrail.seeing.traces.spans import SpanRole

if TYPE_CHECKING:
    from handrail.llm.chat import CallWatch
    from handrail.llm.server.calls import About
    from handrail.llm.server.health import Answered
    from handrail.wiring.cases.worker import Adapters

NO_RULE = "none"
"""The rule of a ruling that no rule led to."""


class SeenCalls:
    """The port `CallWatch` around another: each call is a span `chat`, and counted by how it ended."""

    def __init__(self, inner: CallWatch, model: str, seen: Seen) -> None:
        self._inner, self._model, self._seen = inner, model, seen

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered:
        """See `CallWatch`."""
        attributes = {names.OPERATION: names.CHAT, names.PROVIDER: names.OPENAI, names.REQUEST_MODEL: self._model}
        with self._seen.spans.span(
            f"{names.CHAT} {self._model}", SpanRole.CLIENT, {**attributes, names.CONVERSATION: about.case_id}
        ) as span:
            try:
                message, usage = await self._inner.around(about, send)
            except (ModelUnavailable, ModelRejected, SwitchedOff) as error:
                self._count(OUTCOMES_OF_CALLS[type(error)])
                raise
            span.note({names.INPUT_TOKENS: usage.prompt_tokens, names.OUTPUT_TOKENS: usage.completion_tokens})
        self._count("answered")
        if figures := self._seen.figures:
            model = self._model
            figures.add(catalogue.MODEL_TOKENS, usage.prompt_tokens, model=model, kind="prompt")
            figures.add(catalogue.MODEL_TOKENS, usage.completion_tokens, model=model, kind="completion")
            figures.add(catalogue.MODEL_COST, round(usage.cost_usd * 1_000_000), model=model)
            figures.took(catalogue.MODEL_SECONDS, usage.seconds, model=model)
        return message, usage

    def _count(self, outcome: str) -> None:
        if self._seen.figures:
            self._seen.figures.add(catalogue.MODEL_CALLS, model=self._model, outcome=outcome)


def seen_calls(inner: CallWatch, model: str) -> CallWatch:
    """Return the watch, its calls seen; as it is where nobody looks."""
    return SeenCalls(inner, model, now()) if now().anything else inner


OUTCOMES_OF_CALLS = {ModelUnavailable: "unavailable", ModelRejected: "rejected", SwitchedOff: "switched_off"}


class SeenRecord:
    """The port `SystemOfRecord` around another: each run of a tool is a span `execute_tool`; effects are counted."""

    def __init__(self, inner: SystemOfRecord, seen: Seen) -> None:
        self._inner, self._seen = inner, seen

    def specs(self, wanted: list[str]) -> list[ToolSpec]:
        """See `SystemOfRecord`."""
        return self._inner.specs(wanted)

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Checked:
        """See `SystemOfRecord`."""
        return await self._inner.check(case_id, customer_id, tool, arguments)

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """See `SystemOfRecord`."""
        with self._span(tool):
            return await self._inner.read(case_id, customer_id, tool, arguments)

    async def apply(self, effect: Effect) -> EffectResult:
        """See `SystemOfRecord`."""
        with self._span(effect.action) as span:
            try:
                result = await self._inner.apply(effect)
            except Exception as error:
                self._count(effect.action, outcome_of(error))
                raise
            span.note({names.OUTCOME: result.status})
        self._count(effect.action, result.status)
        return result

    def _span(self, tool: str) -> Any:
        attributes = {names.OPERATION: names.EXECUTE_TOOL, names.TOOL: tool, names.TOOL_TYPE: names.FUNCTION}
        return self._seen.spans.span(f"{names.EXECUTE_TOOL} {tool}", SpanRole.INTERNAL, attributes)

    def _count(self, tool: str, outcome: str) -> None:
        if self._seen.figures:
            self._seen.figures.add(catalogue.EFFECTS, tool=tool, outcome=outcome)


def outcome_of(error: Exception) -> str:
    """Return how an effect is counted that ended with an error."""
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "held" if isinstance(error, SwitchedOff) else "failed"


def seen_adapters(adapters: Adapters, seen: Seen) -> Adapters:
    """Return the adapters with a record that is seen; as they are where nobody looks."""
    return replace(adapters, record=SeenRecord(adapters.record, seen)) if seen.anything else adapters


def seen_nodes(nodes: CaseNodes, seen: Seen) -> CaseNodes:
    """Return the nodes, each in a span of its own; rulings and escalations are counted. As they are where nobody looks."""
    if not seen.anything:
        return nodes
    around: dict[str, Any] = {one.name: seen_node(one.name, getattr(nodes, one.name), seen) for one in fields(CaseNodes)}
    return replace(nodes, **around)


def seen_node(name: str, node: Callable[[Any], Awaitable[Update]], seen: Seen) -> Callable[[Any], Awaitable[Update]]:
    """Return the node in a span of its name."""
    from langgraph.errors import GraphBubbleUp

    @wraps(node)
    async def at_work(state: Any) -> Update:
        with seen.spans.span(f"node {name}", SpanRole.INTERNAL, {names.NODE: name}):
            try:
                found, asked = await node(state), None
            except GraphBubbleUp as question:
                found, asked = {}, question
        if asked is not None:
            raise asked  # a question to a person is no failure of the node
        if seen.figures:
            count_rulings(found, seen.figures)
            if name == "escalate":
                seen.figures.add(catalogue.ESCALATIONS, reason=state.escalation.reason if state.escalation else "cancelled")
        return found

    return at_work


def count_rulings(found: Update, figures: SeenFigures) -> None:
    """Count the rules that hit, by policy and rule; `ruled` names what was ruled on just now."""
    for one in found.get("ruled", ()):
        for hit in one.verdict.hits:
            figures.add(catalogue.VERDICTS, ruling=hit.ruling, rule=f"{hit.policy}/{hit.rule}")
        if not one.verdict.hits:
            figures.add(catalogue.VERDICTS, ruling=one.verdict.ruling, rule=NO_RULE)
