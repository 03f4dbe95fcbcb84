"""Bounds of a turn and a case: a turn's state goes into its case's history, and the server ends a case whose history is too
long.

Sizes are bytes of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from graphs.views import AgentView
from handrail.domain.autonomy.topics import ExecutionBounds
from handrail.domain.base import json_bytes
from handrail.domain.case.handoffs import Escalation
from handrail.domain.llm.agent import Exchange, ModelAnswer

CALLS_AT_ONCE = 10
ANSWER_BYTES = 32_000
RESULT_BYTES = 20_000
TURN_BYTES = 100_000
LEFT_OUT = "left_out"


def fitted(value: dict[str, Any], limit: int = RESULT_BYTES) -> dict[str, Any]:
    """A tool's result, the ends of its longest lists left out until it fits; what was left out is said in it."""
    if json_bytes(value) <= limit:
        return value
    kept: dict[str, Any] = json.loads(json.dumps(value, default=str))
    weight = json_bytes(value)
    kept[LEFT_OUT] = f"The result has {weight:,} bytes; the ends of long lists are left out. Ask for less to see them."
    longest = max(map(len, lists(kept)), default=0)
    while json_bytes(kept) > limit:
        if not longest:
            return {LEFT_OUT: f"The result has {weight:,} bytes, at most {limit:,} can be shown. Ask for less."}
        longest //= 2
        for one in list(lists(kept)):
            del one[longest:]
    return kept


def lists(value: Any) -> Iterator[list[Any]]:
    """Every list within, at any depth."""
    if isinstance(value, list):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(one)


def too_much(answer: ModelAnswer) -> Escalation | None:
    """The bound that one answer of the model breaks."""
    if len(answer.calls) > CALLS_AT_ONCE:
        return Escalation(
            reason="bounds", words=f"The agent asked for {len(answer.calls):,} calls at once, the bound is {CALLS_AT_ONCE}."
        )
    weight = json_bytes(answer.model_dump(mode="json", include={"calls", "reply"}))
    if weight > ANSWER_BYTES:
        return Escalation(
            reason="bounds", words=f"The agent's answer has {weight:,} bytes, the bound of one answer is {ANSWER_BYTES:,}."
        )
    return None


def over(view: AgentView, bounds: ExecutionBounds, now: datetime) -> Escalation | None:
    """The execution bound, of the turn or of the case, that another model call would break."""
    used, before = view.usage, view.spent
    turn = (now - view.row.updated_at).total_seconds()
    money = "USD (estimated, the server does not say) for the model" if used.estimated else "USD for the model"
    checks = [
        ("model calls in this case", max(view.step, used.calls), bounds.steps, ""),
        ("steps in this turn", view.step, bounds.turn_steps, ""),
        (f"{money} in this case", used.cost_usd, bounds.cost_usd, ".2f"),
        (f"{money} in this turn", round(used.cost_usd - before.cost_usd, 6), bounds.turn_cost_usd, ".2f"),
        ("seconds of the model's time in this case", used.seconds, bounds.seconds, ".0f"),
        ("seconds in this turn", turn, bounds.turn_seconds, ".0f"),
    ]
    for what, value, bound, form in checks:
        if value >= bound:
            return Escalation(reason="bounds", words=f"The agent took {value:{form}} {what}; the bound is {bound:{form}}.")
    return too_long(view.exchanges)


def too_long(exchanges: Sequence[Exchange]) -> Escalation | None:
    """The bound that what was called in one turn breaks, together with its results."""
    weight = json_bytes([one.model_dump(mode="json") for one in exchanges])
    if weight <= TURN_BYTES:
        return None
    return Escalation(
        reason="bounds", words=f"The agent's calls came to {weight:,} bytes in a turn, the bound is {TURN_BYTES:,}."
    )
